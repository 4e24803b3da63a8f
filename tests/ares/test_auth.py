from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.ares.credentials import KEY_PREFIX, SECRET, Identity, Keyring
from mock_ares.ares.errors import HttpError, lookup
from mock_ares.ares.profiles import PROFILES

PROFILE_NAMES = ["docs", "server"]
INVALID = b'{"error":"Invalid or expired token","code":"AUTH_INVALID_TOKEN"}'
UNAUTHORIZED = b'{"error":"Unauthorized"}'
NOW = 1_700_000_000.0


@dataclass
class FakeClock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=PROFILE_NAMES)
def keyring(request: pytest.FixtureRequest, clock: FakeClock) -> Keyring:
    return Keyring(profile=PROFILES[request.param], clock=clock)


def docs(clock: FakeClock, secret: bytes = SECRET) -> Keyring:
    return Keyring(secret, PROFILES["docs"], clock)


def server(clock: FakeClock, secret: bytes = SECRET) -> Keyring:
    return Keyring(secret, PROFILES["server"], clock)


def refused(found: Identity | HttpError) -> tuple[int, bytes]:
    """Every refusal here is 401 JSON, without a challenge: ARES sends none."""
    assert isinstance(found, HttpError), found
    assert (found.content_type, found.headers) == (None if found.status == 0 else "application/json", ())
    return found.status, found.body


def known(found: Identity | HttpError) -> Identity:
    assert isinstance(found, Identity), found
    return found


def claims(**changes: Any) -> dict[str, Any]:
    made = {"sub": "u1", "email": "e", "exp": int(NOW) + 60, "iat": int(NOW), **changes}
    return {name: value for name, value in made.items() if value is not None}


def signed(keyring: Keyring, payload: Any, algorithm: str = "HS256") -> str:
    """A token under the keyring's secret, whatever it says."""
    header = encoded({"typ": "JWT", "alg": algorithm})
    text = f"{header}.{encoded(payload)}"
    if algorithm == "none":
        return f"{text}."
    hmac = jwt.algorithms.HMACAlgorithm(getattr(jwt.algorithms.HMACAlgorithm, algorithm.replace("HS", "SHA")))
    return f"{text}.{b64(hmac.sign(text.encode(), keyring._hmac_secret))}"


def encoded(value: Any) -> str:
    return b64(json.dumps(value).encode())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class TestJwt:
    def test_a_token_has_ares_claims_and_header(self, keyring: Keyring) -> None:
        token = keyring.issue_jwt(email="a@b.c")
        assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
        found = jwt.decode(token, options={"verify_signature": False})
        assert set(found) == {"sub", "email", "exp", "iat"}
        assert (found["email"], found["iat"], found["exp"]) == ("a@b.c", int(NOW), int(NOW) + 900)
        uuid.UUID(found["sub"])

    def test_a_refresh_token_lasts_a_week(self, keyring: Keyring) -> None:
        found = jwt.decode(keyring.issue_jwt(kind="refresh"), options={"verify_signature": False})
        assert found["exp"] == int(NOW) + 604_800
        assert found.get("typ") == ("refresh" if keyring.profile.name == "docs" else None)

    def test_no_two_tokens_coincide(self, keyring: Keyring) -> None:
        tokens = {keyring.issue_jwt() for _ in range(100)}
        assert len(tokens) == 100
        assert len({known(keyring.check_jwt(token)).token_id for token in tokens}) == 100

    def test_who_it_is(self, keyring: Keyring) -> None:
        token = keyring.issue_jwt(sub="u1", email="a@b.c", lifetime=5)
        assert keyring.check_bearer(f"Bearer {token}") == Identity("u1", "u1", "a@b.c", "access", NOW + 5)

    def test_another_process_that_knows_the_secret_agrees(self, keyring: Keyring, clock: FakeClock) -> None:
        other = Keyring(keyring.secret, keyring.profile, clock)
        known(other.check_jwt(keyring.issue_jwt()))
        known(other.check_api_key(f"Bearer {keyring.issue_api_key()}"))

    @pytest.mark.parametrize("secret", [b"", b"x", b"x" * 1000, b"\0\xff"])
    def test_any_secret_will_do(self, clock: FakeClock, secret: bytes) -> None:
        keyring = docs(clock, secret)
        known(keyring.check_jwt(keyring.issue_jwt()))
        known(keyring.check_api_key(f"Bearer {keyring.issue_api_key()}"))
        assert refused(docs(clock).check_jwt(keyring.issue_jwt()))[0] == 401


class TestExpiry:
    @pytest.mark.parametrize(
        ("profile", "after", "accepted"),
        [
            ("docs", 0.0, True),
            ("docs", 0.999, True),
            ("docs", 1.0, False),
            ("server", 60.0, True),
            ("server", 60.999, True),
            ("server", 61.0, False),
        ],
    )
    def test_accepted_while_whole_seconds_are_within_the_leeway(
        self, clock: FakeClock, profile: str, after: float, accepted: bool
    ) -> None:
        keyring = Keyring(profile=PROFILES[profile], clock=clock)
        token = keyring.issue_jwt(lifetime=10)
        clock.now += 10 + after
        assert isinstance(keyring.check_jwt(token), Identity) == accepted

    @pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
    def test_a_token_lasts_for_its_lifetime_whenever_in_a_second_it_is_made(
        self, clock: FakeClock, fraction: float
    ) -> None:
        clock.now += fraction
        keyring = docs(clock)
        token = keyring.issue_jwt(lifetime=2)
        clock.now += 2
        known(keyring.check_jwt(token))
        clock.now += 1
        refused(keyring.check_jwt(token))

    def test_what_expired_an_hour_ago_is_refused(self, keyring: Keyring) -> None:
        token = keyring.issue_jwt(lifetime=-3600)
        body = INVALID if keyring.profile.name == "docs" else UNAUTHORIZED
        assert refused(keyring.check_bearer(f"Bearer {token}")) == (401, body)
        assert jwt.decode(token, options={"verify_signature": False})["iat"] <= NOW - 3600

    @pytest.mark.parametrize(("after", "accepted"), [(0.999, True), (1.0, False)])
    def test_a_key_has_no_leeway(self, keyring: Keyring, clock: FakeClock, after: float, accepted: bool) -> None:
        key = keyring.issue_api_key(lifetime=10)
        clock.now += 10 + after
        assert isinstance(keyring.check_api_key(f"Bearer {key}"), Identity) == accepted


BAD_TOKENS: dict[str, Any] = {
    "empty": lambda k: "",
    "no JWT": lambda k: "x",
    "two parts": lambda k: "a.b",
    "four parts": lambda k: k.issue_jwt() + ".x",
    "an API key": lambda k: k.issue_api_key(),
    "unsigned": lambda k: signed(k, claims(), "none"),
    "HS384": lambda k: signed(k, claims(), "HS384"),
    "HS512": lambda k: signed(k, claims(), "HS512"),
    "no object": lambda k: signed(k, [1]),
    "no sub": lambda k: signed(k, claims(sub=None)),
    "no email": lambda k: signed(k, claims(email=None)),
    "no exp": lambda k: signed(k, claims(exp=None)),
    "no iat": lambda k: signed(k, claims(iat=None)),
    "a number for sub": lambda k: signed(k, claims(sub=5)),
    "a number for email": lambda k: signed(k, claims(email=5)),
    "a text for exp": lambda k: signed(k, claims(exp=str(int(NOW) + 60))),
    "a fraction for exp": lambda k: signed(k, claims(exp=NOW + 60.5)),
    "true for exp": lambda k: signed(k, claims(exp=True)),
    "a text for iat": lambda k: signed(k, claims(iat="now")),
    "an audience": lambda k: signed(k, claims(aud="others")),
    "not ASCII": lambda k: k.issue_jwt() + "\xe9",
    "not Base64": lambda k: k.issue_jwt().replace(".", ".!", 1),
    "padded": lambda k: k.issue_jwt() + "=",
    "a space before": lambda k: " " + k.issue_jwt(),
    "a space inside": lambda k: k.issue_jwt()[:-5] + " " + k.issue_jwt()[-5:],
    "huge": lambda k: "x" * 1_000_000,
    "huge parts": lambda k: ".".join(["x" * 300_000] * 3),
    "deep": lambda k: ".".join([b64(b"[" * 100_000), "x", "x" * 42 + "A"]),
}


class TestMalformed:
    @pytest.mark.parametrize("bad", BAD_TOKENS)
    def test_is_refused(self, keyring: Keyring, bad: str) -> None:
        body = INVALID if keyring.profile.name == "docs" else UNAUTHORIZED
        assert refused(keyring.check_bearer(f"Bearer {BAD_TOKENS[bad](keyring)}")) == (401, body)

    def test_a_public_key_is_no_secret(self, keyring: Keyring) -> None:
        """The confusion of RS256 and HS256: neither algorithm nor key is the token's to choose."""
        for algorithm in ("RS256", "ES256", "EdDSA", "hs256"):
            header = encoded({"typ": "JWT", "alg": algorithm, "jwk": {"kty": "oct", "k": ""}})
            text = f"{header}.{encoded(claims())}"
            signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(b"x", b"x" * 32)
            refused(keyring.check_jwt(f"{text}.{b64(signature)}"))

    def test_a_time_before_which_is_not_looked_at(self, keyring: Keyring) -> None:
        known(keyring.check_jwt(signed(keyring, claims(nbf=int(NOW) + 1000))))
        known(keyring.check_jwt(signed(keyring, claims(iat=int(NOW) + 1000))))

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_a_changed_part_breaks_the_signature(self, keyring: Keyring, place: int) -> None:
        parts = keyring.issue_jwt().split(".")
        other = keyring.issue_jwt(email="other@example.com").split(".")
        other[0] = encoded({"alg": "HS256", "typ": "JWT", "kid": "1"})
        parts[place] = other[place]
        body = INVALID if keyring.profile.name == "docs" else UNAUTHORIZED
        assert refused(keyring.check_jwt(".".join(parts))) == (401, body)

    def test_another_secret(self, keyring: Keyring) -> None:
        found = keyring.check_jwt(replace(keyring, secret=b"another").issue_jwt())
        assert found == lookup(keyring.profile, "bad-signature")


SCHEMES = ["bearer {}", "BEARER {}", "Bearer{}", "Bearer\t{}", "Token {}", "Basic {}", "{}", "Bearer  {}", " Bearer {}"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_scheme_is_exactly_bearer_and_one_space(keyring: Keyring, scheme: str) -> None:
    is_docs = keyring.profile.name == "docs"
    body = INVALID if is_docs else UNAUTHORIZED
    assert refused(keyring.check_bearer(scheme.format(keyring.issue_jwt()))) == (401, body)
    found = keyring.check_api_key(scheme.format(keyring.issue_api_key()))
    name = "wrong-key-format" if scheme.startswith("Bearer ") else "bad-scheme"
    assert found == lookup(keyring.profile, name)


@pytest.mark.parametrize("header", [None, ""])
def test_no_token(keyring: Keyring, header: str | None) -> None:
    body = b'{"error":"Missing authorization header"}' if keyring.profile.name == "docs" else UNAUTHORIZED
    assert refused(keyring.check_bearer(header)) == (401, body)


class TestKind:
    def test_a_refresh_token_is_no_access_token_in_docs(self, clock: FakeClock) -> None:
        keyring = docs(clock)
        token = keyring.issue_jwt(kind="refresh")
        body = INVALID
        assert refused(keyring.check_bearer(f"Bearer {token}")) == (401, body)
        assert known(keyring.check_jwt(token, kind="refresh")).kind == "refresh"
        refused(keyring.check_jwt(keyring.issue_jwt(), kind="refresh"))

    def test_the_server_cannot_tell_them_apart(self, clock: FakeClock) -> None:
        keyring = server(clock)
        known(keyring.check_bearer(f"Bearer {keyring.issue_jwt(kind='refresh')}"))


class TestRevocation:
    def test_a_revoked_token(self, keyring: Keyring) -> None:
        token, other = keyring.issue_jwt(), keyring.issue_jwt()
        keyring.revoke(token)
        body = INVALID if keyring.profile.name == "docs" else UNAUTHORIZED
        assert refused(keyring.check_bearer(f"Bearer {token}")) == (401, body)
        known(keyring.check_jwt(other))

    def test_a_revoked_key(self, keyring: Keyring) -> None:
        pair = keyring.pair()
        keyring.revoke(pair.api_key)
        assert refused(keyring.check_api_key(f"Bearer {pair.api_key}")) == (401, b'{"error":"Invalid API key"}')
        known(keyring.check_jwt(pair.token))

    def test_there_is_no_other_spelling_of_a_token(self, keyring: Keyring) -> None:
        """The last character of a signature has two bits that no decoder needs."""
        token = keyring.issue_jwt()
        keyring.revoke(token)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for last in alphabet:
            for end in ("", "=", "=="):
                refused(keyring.check_jwt(token[:-1] + last + end))

    def test_there_is_no_other_spelling_of_a_key(self, keyring: Keyring) -> None:
        key = keyring.issue_api_key()
        for other in (key.upper(), KEY_PREFIX + key[5:].upper(), f"{key[:9]} {key[9:]}", key + " ", key + "0"):
            refused(keyring.check_api_key(f"Bearer {other}"))


INVALID_KEY = b'{"error":"Invalid API key"}'


class TestApiKey:
    def test_who_it_is(self, keyring: Keyring) -> None:
        owner = str(uuid.uuid4())
        key = keyring.issue_api_key(id=owner, lifetime=5)
        assert key.startswith("ares_")
        assert keyring.check_api_key(f"Bearer {key}") == Identity(owner, owner, "", "key", NOW + 5)

    def test_a_pair_has_one_id(self, keyring: Keyring) -> None:
        pair = keyring.pair()
        by_token = known(keyring.check_bearer(f"Bearer {pair.token}"))
        by_key = known(keyring.check_api_key(f"Bearer {pair.api_key}"))
        assert by_token.token_id == by_key.token_id == pair.id
        assert by_token.expires == by_key.expires == NOW + 30 * 86400

    def test_an_id_is_a_uuid(self, keyring: Keyring) -> None:
        with pytest.raises(ValueError):
            keyring.issue_api_key(id="me")

    def test_in_the_order_of_ares(self, keyring: Keyring) -> None:
        check, key = keyring.check_api_key, keyring.issue_api_key()
        missing = "Missing authorization header" if keyring.profile.name == "docs" else "Missing Authorization header"
        assert refused(check(None)) == (401, f'{{"error":"{missing}"}}'.encode())
        for header in (f"Bearer {key}\xe9", "\xff", "Basic \x7f", "\x01"):
            assert refused(check(header)) == (401, b'{"error":"Invalid Authorization header"}')
        expected = b'{"error":"Invalid Authorization format. Expected: Bearer ares_..."}'
        for header in ("", key, f"Basic {key}", f"bearer {key}", "Bearer"):
            assert refused(check(header)) == (401, expected)
        expected = b'{"error":"Invalid API key format. Must start with ares_"}'
        for header in ("Bearer ", "Bearer x", f"Bearer  {key}", "Bearer Ares_x", f"Bearer {keyring.issue_jwt()}"):
            assert refused(check(header)) == (401, expected)
        for header in ("ares_12345678", "ares_" + "0" * 80, key[:-1], key + "0", "ares_" + "z" * 80):
            assert refused(check(f"Bearer {header}")) == (401, INVALID_KEY)
        for header in ("ares_", "ares_xxx", "ares_1234567"):  # of which ARES's server dies
            dies = keyring.profile.name == "server"
            assert refused(check(f"Bearer {header}")) == ((0, b"") if dies else (401, INVALID_KEY))

    def test_huge(self, keyring: Keyring) -> None:
        assert refused(keyring.check_api_key("Bearer ares_" + "0" * 1_000_000)) == (401, INVALID_KEY)

    def test_of_another_secret(self, keyring: Keyring) -> None:
        key = replace(keyring, secret=b"another").issue_api_key()
        assert refused(keyring.check_api_key(f"Bearer {key}")) == (401, INVALID_KEY)

    def test_expired(self, keyring: Keyring) -> None:
        key = keyring.issue_api_key(lifetime=-3600)
        body = b'{"error":"API key has expired"}' if keyring.profile.name == "docs" else INVALID_KEY
        assert refused(keyring.check_api_key(f"Bearer {key}")) == (401, body)

    def test_a_lifetime_that_ended_before_1970(self, keyring: Keyring) -> None:
        refused(keyring.check_api_key(f"Bearer {keyring.issue_api_key(lifetime=-1e12)}"))

    @given(place=st.integers(0, 79), digit=st.sampled_from("0123456789abcdef"))
    def test_no_digit_may_be_changed(self, place: int, digit: str) -> None:
        keyring = docs(FakeClock())
        digits = keyring.issue_api_key()[5:]
        changed = digits[:place] + digit + digits[place + 1 :]
        found = keyring.check_api_key(f"Bearer {KEY_PREFIX}{changed}")
        assert isinstance(found, Identity) == (changed == digits)


def test_a_key_is_no_token_and_a_token_no_key(keyring: Keyring) -> None:
    pair = keyring.pair()
    assert keyring.check_bearer(f"Bearer {pair.api_key}") == lookup(keyring.profile, "malformed-token")
    assert keyring.check_api_key(f"Bearer {pair.token}") == lookup(keyring.profile, "wrong-key-format")


@given(st.text(st.characters(max_codepoint=255)))
def test_any_header_is_answered(header: str) -> None:
    for name in PROFILE_NAMES:
        keyring = Keyring(profile=PROFILES[name])
        for value in (header, f"Bearer {header}", f"Bearer ares_{header}", f"Bearer a.{header}.b"):
            assert refused(keyring.check_bearer(value))[0] == 401
            assert refused(keyring.check_api_key(value))[0] in (401, 0)


def test_a_token_of_a_backend_with_the_same_secret_is_accepted() -> None:
    now, secret = int(time.time()), b"a secret that a backend signs with by itself"
    claims = {"sub": "somebody", "email": "a@example.com", "exp": now + 60, "iat": now}
    identity = Keyring(secret, PROFILES["docs"]).check_jwt(jwt.encode(claims, secret, algorithm="HS256"))
    assert isinstance(identity, Identity) and identity.subject == "somebody"
