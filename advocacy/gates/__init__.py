"""Gates: reasons that forbid an ask, whatever the scores say. `readiness` section 5."""

from advocacy.gates.judging import FailingGate, Reward, champion_is_eligible, gates_for

__all__ = ["FailingGate", "Reward", "champion_is_eligible", "gates_for"]
