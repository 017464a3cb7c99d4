"""Who comes in, in which way, for how long; and what whoever is refused learns."""

from dataclasses import replace

import pytest

from pipeline.access import Factor
from pipeline.errors import LoginRefused
from pipeline.model import NANOSECONDS
from pipeline.ports.accounts import Account, Session, Token
from pipeline.ports.identity import Vouched
from pipeline.web.login.entrance import ENROL, GLASS, GRACE, ONE_TIME, Opened
from pipeline.web.login.limits import TOGETHER
from pipeline.web.login.sealing import Sealing, digest, fresh
from tests.web.login.conftest import PASSWORD, House

HERE = "192.0.2.7"


def logged_in(house: House, *roles: str) -> tuple[Opened, str]:
    """Log somebody in for the first time; give the session and the key of the codes."""
    house.add("a.serik", *roles)
    first = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert first is not None
    made, sealed = house.entrance.enrolment(first.session)
    done = house.entrance.enrol(first.session, sealed, house.code(made.key), house.now)
    assert done is not None
    return done[0], made.key


def test_the_first_login_enrols_a_second_factor(house: House) -> None:
    """A password alone lets nobody in: the session asks for an enrolment, then it is whole."""
    house.add()
    opened = house.entrance.log_in(" A.Serik ", PASSWORD, HERE, house.now)
    assert opened is not None
    assert opened.session.step == ENROL
    assert house.entrance.viewer(opened.session, house.now) is None
    made, sealed = house.entrance.enrolment(opened.session)
    again, same = house.entrance.enrolment(opened.session, sealed)
    assert (again.key, same) == (made.key, sealed)
    assert house.entrance.enrol(opened.session, sealed, "000000", house.now) is None
    done = house.entrance.enrol(opened.session, sealed, house.code(made.key), house.now)
    assert done is not None
    whole, codes = done
    assert len(set(codes)) == 10
    assert house.entrance.seen(opened.cookie, house.now) is None
    viewer = house.entrance.viewer(whole.session, house.now)
    assert viewer is not None
    assert viewer.actor == "analyst/a.serik"
    assert viewer.multi_factor
    assert viewer.factors == {Factor.PASSWORD, Factor.ONE_TIME}
    kept = house.entrance.store.account("a.serik")
    assert kept is not None
    assert made.key not in repr(kept)
    assert not any(code in repr(kept) for code in codes)


def test_a_code_is_good_once(house: House) -> None:
    """The code that was taken, and any before it, opens no second session; the next one does."""
    _, key = logged_in(house)
    again = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert again is not None
    assert again.session.step == ONE_TIME
    assert house.entrance.second(again.session, house.code(key), house.now) is None
    assert house.entrance.second(again.session, house.code(key, -1), house.now) is None
    assert house.entrance.second(again.session, house.code(key, 1), house.now) is not None


def test_a_recovery_code_is_good_once(house: House) -> None:
    """A recovery code lets in once, however it is spaced."""
    house.add()
    first = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert first is not None
    made, sealed = house.entrance.enrolment(first.session)
    done = house.entrance.enrol(first.session, sealed, house.code(made.key), house.now)
    assert done is not None
    code = done[1][3]
    for expected in (True, False):
        opened = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
        assert opened is not None
        spaced = f" {code[:8]} {code[8:].upper()} "
        taken = house.entrance.second(opened.session, spaced, house.now)
        assert (taken is not None) is expected


@pytest.mark.parametrize(
    ("name", "password"),
    [("a.serik", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("vouched", "")],
)
def test_whoever_is_refused_learns_nothing(house: House, name: str, password: str) -> None:
    """A wrong password, no such account, a disabled one, one without a password: all the same."""
    house.add()
    gone = house.add("gone")
    store = house.entrance.store
    assert store.keep(gone, replace(gone, disabled=True))
    assert store.keep(None, Account("vouched", ("analyst",), provider="i|s"))
    assert house.entrance.log_in(name, password, HERE, house.now) is None
    assert house.heard == [("login_failed", name, HERE)]


@pytest.mark.parametrize("name", ["a.serik", "nobody"])
def test_too_many_wrong_attempts_hold(house: House, name: str) -> None:
    """After five wrong ones from one network the right one is held too, known name or not."""
    house.add()
    most, within = TOGETHER
    for _ in range(most):
        assert house.entrance.log_in(name, "wrong", HERE, house.now) is None
    assert house.entrance.log_in(name, PASSWORD, HERE, house.now) is None
    assert [one[0] for one in house.heard] == ["login_failed"] * most + ["login_held"]
    assert (house.entrance.log_in("a.serik", PASSWORD, "198.51.100.1", house.now)) is not None
    house.now += within + 1
    assert (house.entrance.log_in(name, PASSWORD, HERE, house.now) is None) is (name == "nobody")


def test_wrong_codes_hold_too(house: House) -> None:
    """Codes cannot be tried out: five wrong ones hold the right one."""
    _, key = logged_in(house)
    house.pass_by(60)
    opened = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert opened is not None
    for _ in range(5):
        assert house.entrance.second(opened.session, "000001", house.now) is None
    assert house.entrance.second(opened.session, house.code(key), house.now) is None


def test_a_session_rests_and_ends(house: House) -> None:
    """A session ends half an hour after its last use, and twelve hours after its beginning."""
    opened, _ = logged_in(house)
    cookie = opened.cookie
    for _ in range(23):
        house.pass_by(29 * 60)
        seen = house.entrance.seen(cookie, house.now)
        assert seen is not None
        cookie = seen.cookie or cookie
    house.pass_by(40 * 60)
    assert house.entrance.seen(cookie, house.now) is None
    second = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert second is not None
    house.pass_by(31 * 60)
    assert house.entrance.seen(second.cookie, house.now) is None


def test_a_session_lasts_no_longer_than_twelve_hours(house: House) -> None:
    """However often it is used, it ends."""
    opened, _ = logged_in(house)
    cookie, last = opened.cookie, 0
    for minute in range(0, 13 * 60, 10):
        seen = house.entrance.seen(cookie, house.now + minute * 60 * NANOSECONDS)
        if seen is None:
            break
        cookie, last = seen.cookie or cookie, minute
    assert last == 12 * 60 - 10


def test_a_cookie_changes_and_the_former_is_good_for_a_moment(house: House) -> None:
    """After a quarter of an hour a new cookie comes; the old one serves what was under way."""
    opened, _ = logged_in(house)
    house.pass_by(15 * 60)
    changed = house.entrance.seen(opened.cookie, house.now)
    assert changed is not None
    assert changed.cookie
    late = house.entrance.seen(opened.cookie, house.now + GRACE)
    assert late is not None
    assert late.cookie == ""
    assert house.entrance.seen(opened.cookie, house.now + GRACE + 1) is None
    assert house.entrance.seen(changed.cookie, house.now + GRACE + 1) is not None
    assert changed.session.family == opened.session.family


def test_what_ends_an_account_ends_its_sessions(house: House) -> None:
    """Disabled, its role taken away, or reset: nobody is in any more."""
    opened, _ = logged_in(house)
    store = house.entrance.store
    account = store.account("a.serik")
    assert account is not None
    for after in (
        replace(account, disabled=True),
        replace(account, roles=("regulator",)),
        replace(account, since=house.now + 1),
    ):
        assert store.keep(store.account("a.serik"), after)
        assert house.entrance.viewer(opened.session, house.now) is None
    assert store.keep(store.account("a.serik"), account)
    assert house.entrance.viewer(opened.session, house.now) is not None


def test_a_changed_password_ends_all_else(house: House) -> None:
    """The session that changed it goes on under another cookie; others and tokens end."""
    opened, key = logged_in(house)
    house.pass_by(60)
    other = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert other is not None
    assert house.entrance.second(other.session, house.code(key), house.now)
    shown = token(house, "a.serik", "analyst")
    house.pass_by(60)
    assert house.entrance.change_password(opened.session, "wrong", "x", house.now) is None
    new = "another long password"
    after = house.entrance.change_password(opened.session, PASSWORD, new, house.now)
    assert after is not None
    assert house.entrance.viewer(after.session, house.now) is not None
    assert house.entrance.by_token(shown, house.now) is None
    assert [one.family for one in house.entrance.store.sessions("a.serik")] == [
        opened.session.family
    ]
    assert house.entrance.log_in("a.serik", PASSWORD, HERE, house.now) is None
    assert house.entrance.log_in("a.serik", new, HERE, house.now) is not None


def token(house: House, account: str, role: str) -> str:
    secret = fresh()
    made = Token(
        "5f0c", digest(secret), account, role, ("read:incidents",), house.now,
        house.now + 60 * NANOSECONDS,
    )  # fmt: skip
    return house.entrance.new_token(made, secret)


def test_a_token_is_good_for_its_scopes_until_it_ends(house: House) -> None:
    """Its machine is who it says within scopes; no other secret, end or revocation lets in."""
    house.add("bridge", "analyst")
    shown = token(house, "bridge", "analyst")
    viewer = house.entrance.by_token(shown, house.now)
    assert viewer is not None
    assert viewer.scopes == {"read:incidents"}
    assert not viewer.multi_factor
    for wrong in ("", "sqs", "sqs_5f0c", shown[:-1], shown + "x", shown.replace("5f0c", "5f0d")):
        assert house.entrance.by_token(wrong, house.now) is None
    assert house.entrance.by_token(shown, house.now + 60 * NANOSECONDS) is None
    known = house.entrance.store.token("5f0c")
    assert known is not None
    house.entrance.store.put_token(replace(known, revoked=True))
    assert house.entrance.by_token(shown, house.now) is None


def test_a_certificate_is_one_account(house: House) -> None:
    """A verified certificate is known by any of its names, and by two accounts by neither."""
    store = house.entrance.store
    assert store.keep(None, Account("m1", ("analyst",), certificates=("m1.example", "sha256:aa")))
    assert store.keep(None, Account("m2", ("analyst",), certificates=("m2.example",)))
    viewer = house.entrance.by_certificate(("other", "sha256:aa"))
    assert viewer is not None
    assert viewer.subject == "m1"
    assert viewer.factors == {Factor.CERTIFICATE}
    assert house.entrance.by_certificate(("m1.example", "m2.example")) is None
    assert house.entrance.by_certificate(("nobody.example",)) is None


def test_a_provider_vouches(house: House) -> None:
    """With its roles an account is made, later ones are taken over; without any nobody comes in."""
    by = Vouched("https://idp.example|7", "b.aliya", ("regulator",), multi_factor=True)
    opened = house.entrance.vouched(by, HERE, house.now)
    viewer = house.entrance.viewer(opened.session, house.now)
    assert viewer is not None
    assert viewer.multi_factor
    again = house.entrance.vouched(replace(by, roles=("prosecutor",)), HERE, house.now)
    assert again.session.role == "prosecutor"
    with pytest.raises(LoginRefused):
        house.entrance.vouched(Vouched("https://idp.example|8", "c"), HERE, house.now)
    weak = house.entrance.vouched(replace(by, multi_factor=False), HERE, house.now)
    assert weak.session.step == ENROL


def test_a_provider_takes_no_local_name(house: House) -> None:
    """A subject that calls itself like a local account gets an account of its own."""
    house.add("a.serik", "duty_lead")
    by = Vouched("https://idp.example|9", "a.serik", ("analyst",), multi_factor=True)
    opened = house.entrance.vouched(by, HERE, house.now)
    assert opened.session.account.startswith("a.serik-")
    assert opened.session.role == "analyst"


def test_a_role_is_chosen_among_ones_own(house: House) -> None:
    """The cookie changes with the role; a role that the account has not is refused."""
    opened, _ = logged_in(house, "analyst", "duty_lead")
    assert house.entrance.choose(opened.session, "administrator", house.now) is None
    chosen = house.entrance.choose(opened.session, "duty_lead", house.now)
    assert chosen is not None
    assert chosen.cookie
    viewer = house.entrance.viewer(chosen.session, house.now)
    assert viewer is not None
    assert viewer.role == "duty_lead"


@pytest.mark.parametrize(
    ("role", "reason", "broken"),
    [
        ("duty_lead", "the prosecutor asks for event 7", True),
        ("administrator", "restoring the store of the centre", True),
        ("duty_lead", "because", False),
        ("analyst", "the prosecutor asks for event 7", False),
        ("regulator", "the prosecutor asks for event 7", False),
    ],
)
def test_the_glass_is_broken_for_a_reason(
    house: House, role: str, reason: str, broken: bool
) -> None:
    """Who may, with a reason that says something, sees more for half an hour; it is told."""
    opened, _ = logged_in(house, role)
    after = house.entrance.break_glass(opened.session, reason, house.now)
    assert (after is not None) is broken
    assert [one for one in house.heard if one[0] == "break_glass"] == (
        [("break_glass", f"{role}/a.serik", reason)] if broken else []
    )
    if after is not None:
        viewer = house.entrance.viewer(after.session, house.now)
        assert viewer is not None
        assert (viewer.broke_glass, viewer.glass_reason) == (house.now + GLASS, reason)
        house.now += GLASS
        ended = house.entrance.viewer(replace(after.session, seen_at=house.now), house.now)
        assert ended is not None
        assert (ended.broke_glass, ended.glass_reason) == (0, "")


def test_keys_of_codes_fit_no_other_account_or_deployment(house: House) -> None:
    """A sealed key opens for its owner under its deployment's key only, unchanged."""
    sealed = house.entrance.sealing.seal("KEY", "a")
    assert house.entrance.sealing.unseal(sealed, "a") == "KEY"
    for sealing, text, owner in (
        (house.entrance.sealing, sealed, "b"),
        (Sealing(bytes(32)), sealed, "a"),
        (house.entrance.sealing, sealed[:-4] + "AAAA", "a"),
        (house.entrance.sealing, "", "a"),
    ):
        with pytest.raises(LoginRefused):
            sealing.unseal(text, owner)


def test_a_session_on_its_way_changes_nothing(house: House) -> None:
    """Before the second factor a session can choose no role, password or emergency access."""
    house.add("a.serik", "duty_lead")
    opened = house.entrance.log_in("a.serik", PASSWORD, HERE, house.now)
    assert opened is not None
    of: Session = opened.session
    assert house.entrance.choose(of, "duty_lead", house.now) is None
    assert house.entrance.break_glass(of, "a reason of length", house.now) is None
    assert house.entrance.change_password(of, PASSWORD, "x" * 20, house.now) is None
