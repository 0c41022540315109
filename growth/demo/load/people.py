"""Teams and users of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accounts.models import Team, User
from growth.demo import people as ours
from growth.demo.people import Person
from growth.demo.seed import Seed


def load_people(seed: Seed, people: Sequence[Person], *, secret: str) -> dict[str, User]:
    """Users by address; those who sign in have a password, the others cannot sign in until one is set."""
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in ours.TEAMS}
    existing = set(User.objects.values_list("email", flat=True))
    User.objects.bulk_create(
        User(
            public_id=seed.public_id("user", person.email),
            email=person.email,
            name=person.name,
            team=teams.get(person.team),
            time_zone=person.time_zone,
            password=make_password(ours.password_of(person, seed, secret) if person.signs_in else None),
        )
        for person in people
        if person.email not in existing
    )
    users = {user.email: user for user in User.objects.filter(email__in=[person.email for person in people])}
    _set_superiors(people, users)
    _set_roles(people, users)
    return users


def _set_superiors(people: Sequence[Person], users: dict[str, User]) -> None:
    for person in people:
        users[person.email].superior = users.get(person.superior)
    User.objects.bulk_update(users.values(), ["superior"])


def _set_roles(people: Sequence[Person], users: dict[str, User]) -> None:
    by_role = sorted(people, key=lambda person: person.role)
    for role, members in groupby(by_role, key=lambda person: person.role):
        Group.objects.get(name=role).user_set.add(*(users[person.email] for person in members))
