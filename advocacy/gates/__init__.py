"""Gates: whether an ask is allowed, whatever the scores say, and how many minutes are left. `readiness` 3.3 and 5."""

from advocacy.gates.capacity import Capacity, capacity_of
from advocacy.gates.judging import FailingGate, Reward, champion_is_eligible, gates_for

__all__ = ["Capacity", "FailingGate", "Reward", "capacity_of", "champion_is_eligible", "gates_for"]
