"""Tokens and secrets at rest."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet, InvalidToken

from clg import crypto, tokens


def test_token_opens_only_its_own_purpose():
    token = tokens.make_token()
    sealed = tokens.seal("grant", token)

    assert len(token) == 43
    assert token.encode() not in sealed.digest
    assert tokens.verify("grant", token, sealed)
    assert not tokens.verify("join", token, sealed)
    assert not tokens.verify("grant", tokens.make_token(), sealed)


def test_purpose_and_token_do_not_run_together():
    assert tokens.seal("ab", "c").digest != tokens.seal("a", "bc").digest


def test_old_pepper_still_verifies_until_it_leaves_the_ring(settings):
    settings.TOKEN_PEPPERS = ["old" * 12]
    token = tokens.make_token()
    sealed = tokens.seal("grant", token)

    settings.TOKEN_PEPPERS = ["new" * 12, "old" * 12]
    assert tokens.verify("grant", token, sealed)
    assert sealed in tokens.seals("grant", token)
    assert tokens.seal("grant", token) != sealed

    settings.TOKEN_PEPPERS = ["new" * 12]
    assert not tokens.verify("grant", token, sealed)


def test_field_keys_rotate(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    closed = crypto.encrypt(b"secret")
    assert b"secret" not in closed

    settings.FIELD_KEYS = [new, old]
    turned = crypto.rotate(closed)
    assert crypto.decrypt(closed) == crypto.decrypt(turned) == b"secret"

    settings.FIELD_KEYS = [new]
    assert crypto.decrypt(turned) == b"secret"
    with pytest.raises(InvalidToken):
        crypto.decrypt(closed)


def test_nothing_that_is_stored_opens_anything():
    token = tokens.make_token()
    sealed = tokens.seal("grant", token)

    for stored in (sealed.digest.hex(), sealed.pepper_id, str(sealed.digest)):
        assert not tokens.verify("grant", stored, sealed)


def test_a_seal_under_a_pepper_of_the_same_name_only(settings):
    """A stored row that names another pepper is not tried under ours."""
    token = tokens.make_token()
    sealed = tokens.seal("grant", token)

    assert not tokens.verify("grant", token, tokens.Sealed("00000000", sealed.digest))
