#include "services/terminal_session/core/judgements.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const std::string kKey(32, 'k');
const std::string kOtherKey(32, 'o');
const DeviceId kTerminal = {"s1", "t1"};
const DeviceId kDisplay = {"s1", "d1"};

TerminalRecord Terminal() {
  return {.id = kTerminal, .in_force = true, .tls_key_sha256 = kKey};
}
ShopRecord Shop() {
  ShopRecord shop;
  shop.in_force = true;
  shop.shop.set_always_open(true);
  shop.shop.add_network_zones("192.0.2.0/24");
  return shop;
}
ShiftRecord Shift() {
  return {.shift_id = "shift",
          .terminal = kTerminal,
          .open = true,
          .expire_time = kNow + absl::Hours(1)};
}
SessionRecord Session() {
  return {.session_id = "session",
          .terminal = kTerminal,
          .display_id = "d1",
          .shift_id = "shift",
          .state = SessionState::SESSION_STATE_OPEN,
          .expire_time = kNow + absl::Minutes(1)};
}

std::string Name(const absl::Status& status) {
  if (status.ok()) return "OK";
  return std::string(NameOf(*ReasonOf(status)));
}

TEST(JudgePlaceTest, GoesFromDeviceToHours) {
  const DevicePeer peer = {kTerminal, kKey};
  std::optional<TerminalRecord> terminal = Terminal();
  std::optional<ShopRecord> shop = Shop();
  EXPECT_EQ(Name(JudgePlace(terminal, shop, peer, "192.0.2.9", kNow)), "OK");
  shop->shop.set_always_open(false);
  EXPECT_EQ(Name(JudgePlace(terminal, shop, peer, "192.0.2.9", kNow)),
            "OUTSIDE_OPENING_HOURS");
  EXPECT_EQ(Name(JudgePlace(terminal, shop, peer, "192.0.3.9", kNow)),
            "OUTSIDE_NETWORK_ZONE");
  EXPECT_EQ(Name(JudgePlace(terminal, shop, peer, "", kNow)),
            "OUTSIDE_NETWORK_ZONE");
  shop->in_force = false;
  EXPECT_EQ(Name(JudgePlace(terminal, shop, peer, "192.0.3.9", kNow)),
            "SHOP_NOT_IN_FORCE");
  EXPECT_EQ(Name(JudgePlace(terminal, {}, peer, "192.0.3.9", kNow)),
            "SHOP_NOT_IN_FORCE");
  EXPECT_EQ(Name(JudgePlace(terminal, shop, {kTerminal, kOtherKey}, "192.0.3.9",
                            kNow)),
            "KEY_NOT_PINNED");
  terminal->in_force = false;
  EXPECT_EQ(Name(JudgePlace(terminal, shop, peer, "192.0.3.9", kNow)),
            "TERMINAL_NOT_ENROLLED");
  EXPECT_EQ(Name(JudgePlace({}, shop, peer, "192.0.3.9", kNow)),
            "TERMINAL_NOT_ENROLLED");
}

TEST(JudgePlaceTest, NoKeyIsNotThePinnedKey) {
  TerminalRecord terminal = Terminal();
  terminal.tls_key_sha256 = "";
  EXPECT_EQ(
      Name(JudgePlace(terminal, Shop(), {kTerminal, ""}, "192.0.2.9", kNow)),
      "KEY_NOT_PINNED");
}

TEST(JudgeShiftTest, EndsByRowAndByTime) {
  ShiftRecord shift = Shift();
  EXPECT_EQ(Name(JudgeShift(shift, kTerminal, kNow)), "OK");
  EXPECT_EQ(Name(JudgeShift(shift, kTerminal, shift.expire_time)),
            "SHIFT_NOT_OPEN");
  EXPECT_EQ(Name(JudgeShift(shift, {"s2", "t1"}, kNow)), "SHIFT_NOT_OPEN");
  shift.open = false;
  EXPECT_EQ(Name(JudgeShift(shift, kTerminal, kNow)), "SHIFT_NOT_OPEN");
  EXPECT_EQ(Name(JudgeShift({}, kTerminal, kNow)), "SHIFT_NOT_OPEN");
}

TEST(JudgeSessionTest, EndsByRowAndByTime) {
  SessionRecord session = Session();
  EXPECT_EQ(Name(JudgeSessionOpen(session, kNow)), "OK");
  EXPECT_EQ(Name(JudgeSessionOpen(session, session.expire_time)),
            "SESSION_NOT_OPEN");
  session.state = SessionState::SESSION_STATE_CLOSED;
  EXPECT_EQ(Name(JudgeSessionOpen(session, kNow)), "SESSION_NOT_OPEN");
  EXPECT_EQ(Name(JudgeSessionOf(session, kTerminal)), "OK");
  EXPECT_EQ(Name(JudgeSessionOf(session, {"s1", "t2"})), "SESSION_UNKNOWN");
  EXPECT_EQ(Name(JudgeSessionOf({}, kTerminal)), "SESSION_UNKNOWN");
}

TEST(JudgeDisplayTest, ItsKeyIsPinned) {
  DisplayRecord display = {
      .id = kDisplay, .in_force = true, .tls_key_sha256 = kKey};
  EXPECT_EQ(Name(JudgeDisplay(display, {kDisplay, kKey})), "OK");
  EXPECT_EQ(Name(JudgeDisplay(display, {kDisplay, kOtherKey})),
            "KEY_NOT_PINNED");
  display.in_force = false;
  EXPECT_EQ(Name(JudgeDisplay(display, {kDisplay, kKey})),
            "DISPLAY_NOT_ENROLLED");
  EXPECT_EQ(Name(JudgeDisplay({}, {kDisplay, kKey})), "DISPLAY_NOT_ENROLLED");
}

TEST(JudgeDisplaySessionTest, NeedsItsOwnOpenSessionAndShift) {
  SessionRecord session = Session();
  ShiftRecord shift = Shift();
  EXPECT_EQ(Name(JudgeDisplaySession(session, shift, kDisplay, kNow)), "OK");
  EXPECT_EQ(Name(JudgeDisplaySession({}, {}, kDisplay, kNow)),
            "SESSION_NOT_OPEN");
  EXPECT_EQ(Name(JudgeDisplaySession(session, shift, {"s2", "d1"}, kNow)),
            "DISPLAY_NOT_OF_SESSION");
  EXPECT_EQ(
      Name(JudgeDisplaySession(session, shift, kDisplay, session.expire_time)),
      "SESSION_NOT_OPEN");
  shift.open = false;
  EXPECT_EQ(Name(JudgeDisplaySession(session, shift, kDisplay, kNow)),
            "SESSION_NOT_OPEN");
  shift = Shift();
  shift.shift_id = "newer";
  EXPECT_EQ(Name(JudgeDisplaySession(session, shift, kDisplay, kNow)),
            "SESSION_NOT_OPEN");
}

TEST(JudgeNonceTest, IsSpentOnceAndAgainForTheSameEvidenceOnly) {
  NonceRecord nonce = {.nonce = "n", .expire_time = kNow + absl::Seconds(1)};
  EXPECT_EQ(*JudgeNonce(nonce, "e1", kNow), NonceVerdict::kSpend);
  EXPECT_EQ(Name(JudgeNonce(nonce, "e1", nonce.expire_time).status()),
            "NONCE_EXPIRED");
  nonce.replaced = true;
  EXPECT_EQ(Name(JudgeNonce(nonce, "e1", kNow).status()), "NONCE_EXPIRED");
  nonce.replaced = false;
  nonce.evidence_sha256 = "e1";
  EXPECT_EQ(*JudgeNonce(nonce, "e1", nonce.expire_time + absl::Hours(1)),
            NonceVerdict::kSpentForThis);
  EXPECT_EQ(Name(JudgeNonce(nonce, "e2", kNow).status()), "NONCE_USED");
  EXPECT_EQ(Name(JudgeNonce({}, "e1", kNow).status()), "NONCE_UNKNOWN");
}

TEST(SessionEndTest, FollowsTheShift) {
  EXPECT_EQ(SessionEndOf(SessionEnd::SESSION_END_CLOSED),
            SessionEnd::SESSION_END_SHIFT_ENDED);
  EXPECT_EQ(SessionEndOf(SessionEnd::SESSION_END_TIMED_OUT),
            SessionEnd::SESSION_END_SHIFT_ENDED);
  EXPECT_EQ(SessionEndOf(SessionEnd::SESSION_END_REVOKED),
            SessionEnd::SESSION_END_REVOKED);
  EXPECT_EQ(SessionEndOf(SessionEnd::SESSION_END_TOKEN_MISUSED),
            SessionEnd::SESSION_END_TOKEN_MISUSED);
  EXPECT_EQ(StateAfter(SessionEnd::SESSION_END_CLOSED),
            SessionState::SESSION_STATE_CLOSED);
  EXPECT_EQ(StateAfter(SessionEnd::SESSION_END_TIMED_OUT),
            SessionState::SESSION_STATE_TIMED_OUT);
  EXPECT_EQ(StateAfter(SessionEnd::SESSION_END_SHIFT_ENDED),
            SessionState::SESSION_STATE_TERMINATED);
}

}  // namespace
}  // namespace shiming::terminal_session
