// Steps 1 and 8 on a real database: sessions, nonces, permits, standing, ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/crypto/digest.h"
#include "common/ids/ids.h"
#include "common/testing/status_matchers.h"
#include "services/terminal_session/store/testing/demo_shop.h"

namespace shiming::terminal_session {
namespace {

using ::shiming::testing::FailsWith;
using ::shiming::testing::IsOk;
using ::testing::AnyOf;
using testing::DemoShop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using StartResult = absl::StatusOr<SessionWithNonce>;
using PermitResult = absl::StatusOr<PermitRecord>;

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    shop_.EnrollAll();
    token_ = MustSignIn("s1/t1", "wang");
  }
  void TearDown() override {
    EXPECT_THAT(shop_.NotAcceptedByLedger(), IsEmpty());
  }

  std::string MustSignIn(const std::string& terminal,
                         const std::string& clerk) {
    const auto signed_in = shop_.SignIn(terminal, clerk);
    EXPECT_THAT(signed_in, IsOk());
    return signed_in.ok() ? signed_in->shift_token : "";
  }
  StartResult Start(const TerminalCall& call) {
    return shop_.Run(shop_.sessions().StartSession(call));
  }
  SessionWithNonce MustStart() {
    const auto started = Start(shop_.Call("s1/t1", token_));
    EXPECT_THAT(started, IsOk());
    return started.ok() ? *started : SessionWithNonce{};
  }
  StartResult Issue(const std::string& session) {
    return shop_.Run(
        shop_.sessions().IssueReadNonce(shop_.Call("s1/t1", token_), session));
  }
  absl::Status Consume(const std::string& session, const std::string& nonce,
                       const std::string& evidence) {
    return shop_.Run(shop_.sessions().ConsumeReadNonce(
        session, nonce, crypto::Sha256(evidence), shop_.clock().Now()));
  }
  absl::StatusOr<SessionRecord> Close(const std::string& session) {
    return shop_.Run(
        shop_.sessions().CloseSession(shop_.Call("s1/t1", token_), session));
  }
  absl::StatusOr<Standing> Check(const std::string& session,
                                 const std::string& terminal = "s1/t1") {
    return shop_.Run(
        shop_.sessions().CheckTerminal(shop_.Call(terminal, token_), session));
  }
  absl::StatusOr<Standing> CheckDisplay(const std::string& display,
                                        const std::string& session = "") {
    return shop_.Run(shop_.sessions().CheckDisplay(shop_.Peer(display), session,
                                                   shop_.clock().Now()));
  }
  PermitRequest Reveal(const std::string& session, const std::string& order,
                       const std::string& request = "r1",
                       const std::string& display = "s1/d1") {
    PermitRequest permit = {.display = shop_.Peer(display),
                            .session_id = session,
                            .order_id = order,
                            .request_id = request,
                            .trace_id = std::string(32, 'a'),
                            .now = shop_.clock().Now()};
    permit.order_ready.set_source("profile_order");
    permit.order_ready.set_aggregate("order/" + order);
    permit.order_ready.set_version(2);
    return permit;
  }
  PermitResult Permit(const PermitRequest& request) {
    return shop_.Run(shop_.sessions().PermitReveal(request));
  }

  DemoShop shop_;
  std::string token_;
};

// --- sessions

TEST_F(SessionTest, StartsWithADisplayAndANonce) {
  const SessionWithNonce started = MustStart();
  EXPECT_EQ(started.session.display_id, "d1");
  EXPECT_EQ(started.session.clerk_id, "wang");
  EXPECT_EQ(started.session.expire_time - started.session.open_time,
            absl::Minutes(30));
  ASSERT_TRUE(started.nonce.has_value());
  EXPECT_EQ(started.nonce->nonce.size(), 32u);
  EXPECT_EQ(started.nonce->expire_time,
            started.session.open_time + absl::Seconds(120));
  EXPECT_THAT(shop_.Kinds("session/" + started.session.session_id),
              ElementsAre("SESSION_OPENED"));
}

TEST_F(SessionTest, OneIsOpenAtATerminal) {
  const SessionWithNonce first = MustStart();
  EXPECT_THAT(Start(shop_.Call("s1/t1", token_)),
              FailsWith(Reason::TERMINAL_BUSY));
  ASSERT_THAT(Close(first.session.session_id), IsOk());
  EXPECT_THAT(Start(shop_.Call("s1/t1", token_)), IsOk());
}

TEST_F(SessionTest, TwoStartsAtOnceOpenOne) {
  for (int round = 0; round < 10; ++round) {
    std::vector<boost::asio::awaitable<StartResult>> both;
    for (int i = 0; i < 3; ++i) {
      both.push_back(
          shop_.sessions().StartSession(shop_.Call("s1/t1", token_)));
    }
    const auto results = shop_.RunAll(std::move(both));
    int opened = 0;
    for (const StartResult& result : results) {
      if (!result.ok()) {
        EXPECT_THAT(result, FailsWith(Reason::TERMINAL_BUSY));
        continue;
      }
      ++opened;
      EXPECT_THAT(Close(result->session.session_id), IsOk());
    }
    EXPECT_EQ(opened, 1);
  }
}

TEST_F(SessionTest, AnExpiredOneDoesNotKeepTheTerminalBusy) {
  const SessionWithNonce first = MustStart();
  shop_.clock().Advance(absl::Minutes(30));
  EXPECT_THAT(Check(first.session.session_id),
              FailsWith(Reason::SESSION_NOT_OPEN));
  MustStart();
  EXPECT_THAT(shop_.Kinds("session/" + first.session.session_id),
              ElementsAre("SESSION_OPENED", "SESSION_CLOSED"));
  EXPECT_EQ(shop_
                .Run(shop_.sessions().ReadSession({"s1", "t1"},
                                                  first.session.session_id))
                ->state,
            SessionState::SESSION_STATE_TIMED_OUT);
}

TEST_F(SessionTest, NeverOutlastsItsShift) {
  shop_.clock().Advance(absl::Hours(12) - absl::Minutes(5));
  const SessionWithNonce started = MustStart();
  EXPECT_LE(started.session.expire_time - started.session.open_time,
            absl::Minutes(5));
}

TEST_F(SessionTest, NeedsAShiftAndADisplay) {
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_DISPLAY, "s1/d1"), IsOk());
  EXPECT_THAT(Start(shop_.Call("s1/t1", token_)),
              FailsWith(Reason::NO_DISPLAY_PAIRED));
  shop_.clock().Advance(absl::Hours(12));
  EXPECT_THAT(Start(shop_.Call("s1/t1", token_)),
              FailsWith(Reason::SHIFT_NOT_OPEN));
}

TEST_F(SessionTest, ARepeatedStartGivesTheSameSessionAndAValidNonce) {
  const TerminalCall call = shop_.Call("s1/t1", token_);
  const auto first = Start(call);
  ASSERT_THAT(first, IsOk());
  const auto again = Start(call);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->session.session_id, first->session.session_id);
  EXPECT_EQ(again->nonce->nonce, first->nonce->nonce);
  // The nonce was spent meanwhile: a fresh one.
  ASSERT_THAT(Consume(first->session.session_id, first->nonce->nonce, "e"),
              IsOk());
  const auto later = Start(call);
  ASSERT_THAT(later, IsOk());
  EXPECT_NE(later->nonce->nonce, first->nonce->nonce);
  // Over: its state, and no nonce.
  ASSERT_THAT(Close(first->session.session_id), IsOk());
  const auto over = Start(call);
  ASSERT_THAT(over, IsOk());
  EXPECT_EQ(over->session.state, SessionState::SESSION_STATE_CLOSED);
  EXPECT_FALSE(over->nonce.has_value());
}

TEST_F(SessionTest, ClosesOnceAndSaysHow) {
  const std::string id = MustStart().session.session_id;
  TerminalCall call = shop_.Call("s1/t1", token_);
  for (int i = 0; i < 2; ++i) {
    const auto closed = shop_.Run(shop_.sessions().CloseSession(call, id));
    ASSERT_THAT(closed, IsOk());
    EXPECT_EQ(closed->state, SessionState::SESSION_STATE_CLOSED);
    EXPECT_EQ(closed->end, SessionEnd::SESSION_END_CLOSED);
  }
  EXPECT_THAT(Close(id), FailsWith(Reason::SESSION_NOT_OPEN));
  EXPECT_THAT(shop_.Kinds("session/" + id),
              ElementsAre("SESSION_OPENED", "SESSION_CLOSED"));
  EXPECT_THAT(shop_.Ends(), ElementsAre("SESSION " + id + " CLOSED"));
}

TEST_F(SessionTest, IsSeenByItsTerminalOnly) {
  const std::string id = MustStart().session.session_id;
  const std::string other = MustSignIn("s1/t2", "li");
  const TerminalCall call = shop_.Call("s1/t2", other);
  EXPECT_THAT(shop_.Run(shop_.sessions().GetSession(call, id)),
              FailsWith(Reason::SESSION_UNKNOWN));
  EXPECT_THAT(
      shop_.Run(shop_.sessions().CloseSession(shop_.Call("s1/t2", other), id)),
      FailsWith(Reason::SESSION_UNKNOWN));
  EXPECT_THAT(shop_.Run(shop_.sessions().CheckTerminal(call, id)),
              FailsWith(Reason::SESSION_UNKNOWN));
  EXPECT_THAT(
      shop_.Run(shop_.sessions().GetSession(shop_.Call("s1/t1", token_), id)),
      IsOk());
}

// --- shifts and tokens

TEST_F(SessionTest, SignOutEndsShiftAndSession) {
  const std::string id = MustStart().session.session_id;
  const TerminalCall call = shop_.Call("s1/t1", token_);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(shop_.Run(shop_.sessions().SignOut(call)), IsOk());
  }
  EXPECT_THAT(shop_.Run(shop_.sessions().SignOut(shop_.Call("s1/t1", token_))),
              FailsWith(Reason::SHIFT_NOT_OPEN));
  EXPECT_THAT(Check(""), FailsWith(Reason::SHIFT_NOT_OPEN));
  const std::string shift = *ShiftTokens::ShiftIdOf(token_);
  EXPECT_THAT(shop_.Ends(), ElementsAre("SESSION " + id + " SHIFT_ENDED",
                                        "SHIFT " + shift + " CLOSED"));
}

TEST_F(SessionTest, ATokenFromAnotherKeyEndsTheShift) {
  const std::string id = MustStart().session.session_id;
  EXPECT_THAT(Check("", "s1/t2"), FailsWith(Reason::SHIFT_TOKEN_MISUSED));
  EXPECT_THAT(Check(""), FailsWith(Reason::SHIFT_NOT_OPEN));
  const std::string shift = *ShiftTokens::ShiftIdOf(token_);
  EXPECT_THAT(shop_.Ends(), ElementsAre("SESSION " + id + " TOKEN_MISUSED",
                                        "SHIFT " + shift + " TOKEN_MISUSED"));
  EXPECT_THAT(shop_.Kinds("shift/" + shift),
              ElementsAre("SHIFT_OPENED", "SHIFT_CLOSED"));
  // Again, also from another shop: refused, nothing more to end.
  EXPECT_THAT(Check("", "s2/t1"), FailsWith(Reason::SHIFT_TOKEN_MISUSED));
  EXPECT_EQ(shop_.Ends().size(), 2u);
  EXPECT_NE(shop_.metrics().Text().find("shiming_shift_tokens_misused_total 2"),
            std::string::npos);
}

TEST_F(SessionTest, AMadeUpTokenEndsNothing) {
  std::string forged = token_;
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const std::string& bad :
       {forged, std::string("x"), std::string(),
        std::string(32, '0') + "." + std::string(64, '0')}) {
    for (const char* terminal : {"s1/t1", "s1/t2"}) {
      EXPECT_THAT(shop_.Run(shop_.sessions().CheckTerminal(
                      shop_.Call(terminal, bad), "")),
                  FailsWith(Reason::SHIFT_TOKEN_INVALID));
    }
  }
  EXPECT_THAT(Check(""), IsOk());
}

// --- standing

TEST_F(SessionTest, StandingNamesEverything) {
  const auto shift_only = Check("");
  ASSERT_THAT(shift_only, IsOk());
  EXPECT_FALSE(shift_only->session.has_value());
  EXPECT_EQ(shift_only->display.Path(), "s1/d1");
  const std::string id = MustStart().session.session_id;
  const auto standing = Check(id);
  ASSERT_THAT(standing, IsOk());
  EXPECT_EQ(standing->region, "31");
  EXPECT_EQ(standing->shift.clerk_id, "wang");
  EXPECT_EQ(standing->shift.role, ClerkRole::CLERK_ROLE_CLERK);
  EXPECT_EQ(standing->shift.evidence_public_key,
            shop_.Key("s1/t1", "evidence").PublicDer());
  EXPECT_EQ(standing->display.Path(), "s1/d1");
  EXPECT_EQ(standing->session->session_id, id);
  EXPECT_THAT(Check(NewId(crypto::SystemRandom())),
              FailsWith(Reason::SESSION_UNKNOWN));
}

TEST_F(SessionTest, ADisplayStandsInItsOwnSession) {
  EXPECT_THAT(CheckDisplay("s1/d1"), FailsWith(Reason::SESSION_NOT_OPEN));
  const std::string id = MustStart().session.session_id;
  const auto standing = CheckDisplay("s1/d1");
  ASSERT_THAT(standing, IsOk());
  EXPECT_EQ(standing->session->session_id, id);
  EXPECT_THAT(CheckDisplay("s1/d1", id), IsOk());
  EXPECT_THAT(CheckDisplay("s1/d2"), FailsWith(Reason::SESSION_NOT_OPEN));
  for (const char* other : {"s1/d2", "s2/d1"}) {
    EXPECT_THAT(CheckDisplay(other, id),
                FailsWith(Reason::DISPLAY_NOT_OF_SESSION));
  }
  DevicePeer copy = shop_.Peer("s1/d1");
  copy.key_sha256 = std::string(32, 'x');
  EXPECT_THAT(
      shop_.Run(shop_.sessions().CheckDisplay(copy, id, shop_.clock().Now())),
      FailsWith(Reason::KEY_NOT_PINNED));
  copy.device.device_id = "d9";
  EXPECT_THAT(
      shop_.Run(shop_.sessions().CheckDisplay(copy, id, shop_.clock().Now())),
      FailsWith(Reason::DISPLAY_NOT_ENROLLED));
  shop_.clock().Advance(absl::Minutes(30));
  EXPECT_THAT(CheckDisplay("s1/d1"), FailsWith(Reason::SESSION_NOT_OPEN));
}

// --- nonces

TEST_F(SessionTest, ANonceIsSpentOnce) {
  const SessionWithNonce started = MustStart();
  const std::string& id = started.session.session_id;
  const std::string nonce = started.nonce->nonce;
  EXPECT_THAT(Consume(id, std::string(32, 'x'), "e1"),
              FailsWith(Reason::NONCE_UNKNOWN));
  EXPECT_THAT(Consume(NewId(crypto::SystemRandom()), nonce, "e1"),
              FailsWith(Reason::NONCE_UNKNOWN));
  EXPECT_THAT(Consume(id, nonce, "e1"), IsOk());
  EXPECT_THAT(Consume(id, nonce, "e1"), IsOk());
  EXPECT_THAT(Consume(id, nonce, "e2"), FailsWith(Reason::NONCE_USED));
  // Also long after, and after a restart.
  shop_.Restart();
  shop_.clock().Advance(absl::Hours(1));
  EXPECT_THAT(Consume(id, nonce, "e1"), IsOk());
  EXPECT_THAT(Consume(id, nonce, "e2"), FailsWith(Reason::NONCE_USED));
}

TEST_F(SessionTest, ANonceExpiresAndIsReplaced) {
  const SessionWithNonce started = MustStart();
  const std::string& id = started.session.session_id;
  const auto fresh = Issue(id);
  ASSERT_THAT(fresh, IsOk());
  EXPECT_THAT(Consume(id, started.nonce->nonce, "e"),
              FailsWith(Reason::NONCE_EXPIRED));
  shop_.clock().Advance(absl::Seconds(120));
  EXPECT_THAT(Consume(id, fresh->nonce->nonce, "e"),
              FailsWith(Reason::NONCE_EXPIRED));
}

TEST_F(SessionTest, ANonceOfAClosedSessionIsNotSpent) {
  const SessionWithNonce started = MustStart();
  ASSERT_THAT(Close(started.session.session_id), IsOk());
  EXPECT_THAT(Consume(started.session.session_id, started.nonce->nonce, "e"),
              FailsWith(Reason::SESSION_NOT_OPEN));
}

TEST_F(SessionTest, TwoEvidencesAtOnceSpendANonceOnce) {
  for (int round = 0; round < 10; ++round) {
    const SessionWithNonce started = MustStart();
    std::vector<boost::asio::awaitable<absl::Status>> both;
    for (const char* evidence : {"e1", "e2"}) {
      both.push_back(shop_.sessions().ConsumeReadNonce(
          started.session.session_id, started.nonce->nonce,
          crypto::Sha256(evidence), shop_.clock().Now()));
    }
    const auto results = shop_.RunAll(std::move(both));
    EXPECT_EQ(results[0].ok() + results[1].ok(), 1);
    EXPECT_THAT(results[results[0].ok() ? 1 : 0],
                FailsWith(Reason::NONCE_USED));
    ASSERT_THAT(Close(started.session.session_id), IsOk());
  }
}

TEST_F(SessionTest, IssueIsRepeatable) {
  const std::string id = MustStart().session.session_id;
  const TerminalCall call = shop_.Call("s1/t1", token_);
  const auto first = shop_.Run(shop_.sessions().IssueReadNonce(call, id));
  const auto again = shop_.Run(shop_.sessions().IssueReadNonce(call, id));
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->nonce->nonce, again->nonce->nonce);
}

TEST_F(SessionTest, NoncesAreLimited) {
  const std::string id = MustStart().session.session_id;
  for (int i = 1; i < kMaxNoncesPerSession; ++i) {
    ASSERT_THAT(Issue(id), IsOk());
  }
  EXPECT_THAT(Issue(id), FailsWith(Reason::NONCE_LIMIT));
}

// --- permits

TEST_F(SessionTest, APermitIsGivenOnceAndRepeatedToTheSameRequest) {
  const std::string id = MustStart().session.session_id;
  const std::string order = NewId(crypto::SystemRandom());
  const auto first = Permit(Reveal(id, order));
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->event_id.source(), "terminal_session");
  EXPECT_EQ(first->event_id.aggregate(), "session/" + id);
  EXPECT_EQ(first->event_id.version(), 2);
  shop_.Restart();
  const auto again = Permit(Reveal(id, order));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->permit_id, first->permit_id);
  EXPECT_EQ(again->event_id.version(), first->event_id.version());
  EXPECT_THAT(Permit(Reveal(id, order, "r2")), FailsWith(Reason::PERMIT_TAKEN));
  EXPECT_THAT(shop_.Kinds("session/" + id),
              ElementsAre("SESSION_OPENED", "REVEAL_PERMITTED"));
}

TEST_F(SessionTest, TwoRequestsAtOnceGetOnePermit) {
  const std::string id = MustStart().session.session_id;
  for (int round = 0; round < 10; ++round) {
    const std::string order = NewId(crypto::SystemRandom());
    std::vector<boost::asio::awaitable<PermitResult>> both;
    for (const char* request : {"r1", "r2", "r3"}) {
      both.push_back(shop_.sessions().PermitReveal(Reveal(id, order, request)));
    }
    const auto results = shop_.RunAll(std::move(both));
    int permitted = 0;
    for (const PermitResult& result : results) {
      permitted += result.ok() ? 1 : 0;
      if (!result.ok()) {
        EXPECT_THAT(result, FailsWith(Reason::PERMIT_TAKEN));
      }
    }
    EXPECT_EQ(permitted, 1);
  }
}

TEST_F(SessionTest, OnlyTheSessionsDisplayIsPermitted) {
  const std::string id = MustStart().session.session_id;
  const std::string order = NewId(crypto::SystemRandom());
  for (const char* other : {"s1/d2", "s2/d1"}) {
    EXPECT_THAT(Permit(Reveal(id, order, "r", other)),
                FailsWith(Reason::DISPLAY_NOT_OF_SESSION));
  }
  PermitRequest terminal = Reveal(id, order);
  terminal.display.key_sha256 = shop_.Peer("s1/t1").key_sha256;
  EXPECT_THAT(Permit(terminal), FailsWith(Reason::KEY_NOT_PINNED));
  EXPECT_THAT(Permit(Reveal(NewId(crypto::SystemRandom()), order)),
              FailsWith(Reason::SESSION_NOT_OPEN));
  EXPECT_THAT(shop_.Kinds("session/" + id), ElementsAre("SESSION_OPENED"));
}

TEST_F(SessionTest, NothingIsPermittedAfterTheEnd) {
  const std::string closed = MustStart().session.session_id;
  ASSERT_THAT(Permit(Reveal(closed, "o1")), IsOk());
  ASSERT_THAT(Close(closed), IsOk());
  // Not even the permit that was given.
  EXPECT_THAT(Permit(Reveal(closed, "o1")),
              FailsWith(Reason::SESSION_NOT_OPEN));
  const std::string expired = MustStart().session.session_id;
  shop_.clock().Advance(absl::Minutes(30));
  EXPECT_THAT(Permit(Reveal(expired, "o2")),
              FailsWith(Reason::SESSION_NOT_OPEN));
  const std::string revoked = MustStart().session.session_id;
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_DISPLAY, "s1/d1"), IsOk());
  EXPECT_THAT(Permit(Reveal(revoked, "o3")),
              FailsWith(Reason::DISPLAY_NOT_ENROLLED));
}

// Goal: reveal and revocation are put in order. Method: both at once; either
// the permit is on the record before the end, or it is refused.
TEST_F(SessionTest, RevealAndRevocationArePutInOrder) {
  for (int round = 0; round < 10; ++round) {
    const std::string id = MustStart().session.session_id;
    std::vector<boost::asio::awaitable<absl::Status>> both;
    both.push_back(
        [](SessionDesk& desk,
           PermitRequest request) -> boost::asio::awaitable<absl::Status> {
          co_return (co_await desk.PermitReveal(std::move(request))).status();
        }(shop_.sessions(), Reveal(id, NewId(crypto::SystemRandom()))));
    both.push_back(
        [](Enrollment& enrollment,
           Mutation mutation) -> boost::asio::awaitable<absl::Status> {
          co_return (co_await enrollment.Revoke(
                         std::move(mutation), "/admin/a1",
                         SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1", ""))
              .status();
        }(shop_.enrollment(), shop_.Request("admin/a1")));
    const auto results = shop_.RunAll(std::move(both));
    ASSERT_THAT(results[1], IsOk());
    if (results[0].ok()) {
      EXPECT_THAT(
          shop_.Kinds("session/" + id),
          ElementsAre("SESSION_OPENED", "REVEAL_PERMITTED", "SESSION_CLOSED"));
    } else {
      EXPECT_THAT(results[0], AnyOf(FailsWith(Reason::SESSION_NOT_OPEN),
                                    FailsWith(Reason::DISPLAY_NOT_ENROLLED)));
      EXPECT_THAT(shop_.Kinds("session/" + id),
                  ElementsAre("SESSION_OPENED", "SESSION_CLOSED"));
    }
    ASSERT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
    token_ = MustSignIn("s1/t1", "wang");
  }
}

TEST_F(SessionTest, ThePermitsEventCommitsWithIt) {
  const std::string id = MustStart().session.session_id;
  const std::string order = NewId(crypto::SystemRandom());
  shop_.faults().FailCommit(
      1, sql::testing::FaultyDatabase::CommitFault::kUnknownNotDone);
  EXPECT_THAT(Permit(Reveal(id, order)),
              FailsWith(Reason::DATABASE_UNAVAILABLE));
  EXPECT_THAT(shop_.Kinds("session/" + id), ElementsAre("SESSION_OPENED"));
  shop_.faults().FailCommit(
      1, sql::testing::FaultyDatabase::CommitFault::kUnknownButDone);
  EXPECT_THAT(Permit(Reveal(id, order)),
              FailsWith(Reason::DATABASE_UNAVAILABLE));
  EXPECT_THAT(Permit(Reveal(id, order)), IsOk());
  EXPECT_THAT(shop_.Kinds("session/" + id),
              ElementsAre("SESSION_OPENED", "REVEAL_PERMITTED"));
}

// Goal: every statement of every transaction may fail without a half effect.
// Method: fail the n-th statement for all n, then do it again.
TEST_F(SessionTest, AFailedStatementLeavesNothing) {
  for (int n = 1;; ++n) {
    const TerminalCall call = shop_.Call("s1/t1", token_);
    const size_t events = shop_.Events().size();
    shop_.faults().FailStatement(n);
    const auto failed = Start(call);
    if (failed.ok()) break;  // n is beyond the last statement
    EXPECT_EQ(shop_.Events().size(), events) << n;
    const auto started = Start(call);
    ASSERT_THAT(started, IsOk()) << n;
    ASSERT_THAT(Close(started->session.session_id), IsOk());
    ASSERT_LT(n, 100);
  }
}

// --- ends

TEST_F(SessionTest, TimeEndsSessionsThenShifts) {
  const std::string id = MustStart().session.session_id;
  const std::string shift = *ShiftTokens::ShiftIdOf(token_);
  const auto end_due = [&] {
    return *shop_.Run(shop_.end_store().EndDue(shop_.clock().Now(), 100));
  };
  EXPECT_EQ(end_due(), 0);
  shop_.clock().Advance(absl::Minutes(30));
  EXPECT_EQ(end_due(), 1);
  EXPECT_EQ(end_due(), 0);
  EXPECT_THAT(shop_.Ends(), ElementsAre("SESSION " + id + " TIMED_OUT"));
  shop_.clock().Advance(absl::Hours(12));
  shop_.Restart();
  EXPECT_EQ(end_due(), 1);
  EXPECT_THAT(shop_.Ends(), ElementsAre("SESSION " + id + " TIMED_OUT",
                                        "SHIFT " + shift + " TIMED_OUT"));
  EXPECT_THAT(shop_.Kinds("shift/" + shift),
              ElementsAre("SHIFT_OPENED", "SHIFT_CLOSED"));
}

TEST_F(SessionTest, CursorsGrowWithoutGapAlsoWhenOldEndsAreDeleted) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(Close(MustStart().session.session_id), IsOk());
  }
  shop_.clock().Advance(absl::Hours(1));
  token_ = MustSignIn("s1/t1", "li");
  ASSERT_THAT(Close(MustStart().session.session_id), IsOk());
  const absl::Time before = shop_.clock().Now() - absl::Minutes(30);
  EXPECT_TRUE(*shop_.Run(shop_.end_store().DeleteOld(before, 3)));
  EXPECT_FALSE(*shop_.Run(shop_.end_store().DeleteOld(before, 3)));
  const auto ends = shop_.Run(shop_.end_store().ReadEnds(0, 100));
  ASSERT_THAT(ends, IsOk());
  ASSERT_EQ(ends->size(), 2u);
  EXPECT_EQ((*ends)[0].cursor, 6);
  EXPECT_EQ((*ends)[1].cursor, 7);
  EXPECT_EQ(*shop_.Run(shop_.end_store().NewestCursor()), 7);
}

TEST_F(SessionTest, OldNoncesAndGuardsAreDeleted) {
  const SessionWithNonce started = MustStart();
  SignInAttempt wrong = shop_.Attempt("s1/t2", "li");
  wrong.password = crypto::Secret("wrong");
  EXPECT_FALSE(shop_.Run(shop_.sign_in().SignIn(std::move(wrong))).ok());
  shop_.clock().Advance(absl::Hours(49));
  EXPECT_THAT(shop_.Run(shop_.end_store().DeleteOld(
                  shop_.clock().Now() - absl::Hours(48), 100)),
              IsOk());
  EXPECT_THAT(Consume(started.session.session_id, started.nonce->nonce, "e"),
              FailsWith(Reason::NONCE_UNKNOWN));
}

}  // namespace
}  // namespace shiming::terminal_session
