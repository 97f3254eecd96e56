// Step 0 on a real database: place, credentials, locks, TOTP steps, shifts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/encoding.h"
#include "common/ids/ids.h"
#include "common/testing/status_matchers.h"
#include "services/terminal_session/store/testing/demo_shop.h"

namespace shiming::terminal_session {
namespace {

using ::shiming::testing::FailsWith;
using ::shiming::testing::IsOk;
using ::testing::Contains;
using testing::DemoShop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SignInTest : public ::testing::Test {
 protected:
  void SetUp() override { shop_.EnrollAll(); }
  void TearDown() override {
    EXPECT_THAT(shop_.NotAcceptedByLedger(), IsEmpty());
  }

  absl::StatusOr<SignedIn> Try(SignInAttempt attempt) {
    return shop_.Run(shop_.sign_in().SignIn(std::move(attempt)));
  }
  SignInAttempt Good(const std::string& clerk = "wang") {
    return shop_.Attempt("s1/t1", clerk);
  }
  SignInAttempt WrongPassword(const std::string& clerk = "wang") {
    SignInAttempt attempt = Good(clerk);
    attempt.password = crypto::Secret("wrong");
    return attempt;
  }
  absl::Status Check(const std::string& terminal, const std::string& token) {
    return shop_
        .Run(shop_.sessions().CheckTerminal(shop_.Call(terminal, token), ""))
        .status();
  }
  // Copies what cannot be copied by itself.
  static SignInAttempt Copy(const SignInAttempt& attempt) {
    return {.mutation = attempt.mutation,
            .terminal = attempt.terminal,
            .address = attempt.address,
            .clerk_id = attempt.clerk_id,
            .password = attempt.password.Copy(),
            .totp = attempt.totp};
  }

  DemoShop shop_;
};

TEST_F(SignInTest, OpensAShiftWithATokenForThisTerminal) {
  const auto signed_in = Try(Good());
  ASSERT_THAT(signed_in, IsOk());
  EXPECT_EQ(signed_in->shift.clerk_id, "wang");
  EXPECT_EQ(signed_in->shift.terminal.Path(), "s1/t1");
  EXPECT_EQ(signed_in->shift.expire_time - signed_in->shift.open_time,
            absl::Hours(12));
  EXPECT_TRUE(shop_.tokens().IsFor(signed_in->shift_token,
                                   shop_.Peer("s1/t1").key_sha256));
  EXPECT_THAT(Check("s1/t1", signed_in->shift_token), IsOk());
  EXPECT_THAT(shop_.Kinds("shift/" + signed_in->shift.shift_id),
              ElementsAre("SHIFT_OPENED"));
}

TEST_F(SignInTest, TheEventNamesItsFoundations) {
  const auto signed_in = Try(Good());
  ASSERT_THAT(signed_in, IsOk());
  for (const ledger::v1::Event& event : shop_.Events()) {
    if (event.kind() != ledger::v1::EVENT_KIND_SHIFT_OPENED) continue;
    ASSERT_EQ(event.after_size(), 2);
    EXPECT_EQ(event.after(0).aggregate(), "terminal/s1/t1");
    EXPECT_EQ(event.after(0).version(), 2);
    EXPECT_EQ(event.after(1).aggregate(), "clerk/wang");
    EXPECT_EQ(event.clerk(), "wang");
    EXPECT_EQ(event.shift(), signed_in->shift.shift_id);
    EXPECT_EQ(event.trace_id(), std::string(32, 'a'));
    return;
  }
  FAIL() << "no SHIFT_OPENED";
}

TEST_F(SignInTest, PlaceComesBeforeCredentials) {
  SignInAttempt outside = WrongPassword();
  outside.address = "198.51.100.1";
  EXPECT_THAT(Try(std::move(outside)), FailsWith(Reason::OUTSIDE_NETWORK_ZONE));
  SignInAttempt other_key = WrongPassword();
  other_key.terminal.key_sha256 = std::string(32, 'x');
  EXPECT_THAT(Try(std::move(other_key)), FailsWith(Reason::KEY_NOT_PINNED));
  SignInAttempt unknown = WrongPassword();
  unknown.terminal.device.device_id = "t9";
  EXPECT_THAT(Try(std::move(unknown)),
              FailsWith(Reason::TERMINAL_NOT_ENROLLED));
  auto closed = shop_.ShopContent("s1");
  closed.mutable_shop()->set_always_open(false);
  ASSERT_THAT(shop_.Enroll(closed), IsOk());
  EXPECT_THAT(Try(Good()), FailsWith(Reason::OUTSIDE_OPENING_HOURS));
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_SHOP, "s1"), IsOk());
  EXPECT_THAT(Try(Good()), FailsWith(Reason::SHOP_NOT_IN_FORCE));
}

TEST_F(SignInTest, WrongCredentialsAndUnknownClerksAreRefusedAlike) {
  SignInAttempt wrong_code = Good();
  wrong_code.totp = "000000";
  SignInAttempt unknown = Good();
  unknown.clerk_id = "nobody";
  for (SignInAttempt* attempt : {&wrong_code, &unknown}) {
    EXPECT_THAT(Try(Copy(*attempt)), FailsWith(Reason::SIGN_IN_REFUSED));
  }
  EXPECT_THAT(Try(WrongPassword()), FailsWith(Reason::SIGN_IN_REFUSED));
  // The right password does not make up for a code of long ago.
  SignInAttempt old_code = Good();
  old_code.totp = shop_.Code("wang", -2);
  EXPECT_THAT(Try(std::move(old_code)), FailsWith(Reason::SIGN_IN_REFUSED));
}

TEST_F(SignInTest, FiveFailuresLockForFifteenMinutes) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(Try(WrongPassword()), FailsWith(Reason::SIGN_IN_REFUSED));
  }
  EXPECT_THAT(shop_.Kinds("clerk/wang"),
              ElementsAre("CLERK_PROPOSED", "CLERK_APPROVED", "CLERK_LOCKED"));
  const auto locked = Try(Good());
  EXPECT_THAT(locked, FailsWith(Reason::CLERK_LOCKED));
  EXPECT_EQ(PartsOf(locked.status()).retry_delay, absl::Minutes(15));
  const auto page = shop_.Run(shop_.enrollment().List(
      SubjectKind::SUBJECT_KIND_CLERK, 0, "", shop_.clock().Now()));
  ASSERT_THAT(page, IsOk());
  for (const SubjectView& view : page->subjects) {
    EXPECT_EQ(view.locked_until.has_value(), view.record.subject_id == "wang");
  }
  EXPECT_THAT(Try(Good("li")), IsOk());
  shop_.Restart();
  EXPECT_THAT(Try(Good()), FailsWith(Reason::CLERK_LOCKED));
  shop_.clock().Advance(absl::Minutes(15));
  EXPECT_THAT(Try(Good()), IsOk());
}

TEST_F(SignInTest, IdsThatDoNotExistLockLikeOthers) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(Try(WrongPassword("nobody")),
                FailsWith(Reason::SIGN_IN_REFUSED));
  }
  EXPECT_THAT(Try(WrongPassword("nobody")), FailsWith(Reason::CLERK_LOCKED));
  EXPECT_THAT(shop_.Kinds("clerk/nobody"), IsEmpty());
}

TEST_F(SignInTest, ASuccessForgetsFailures) {
  for (int i = 0; i < 4; ++i) Try(WrongPassword()).IgnoreError();
  EXPECT_THAT(shop_.SignIn("s1/t1", "wang"), IsOk());
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(Try(WrongPassword()), FailsWith(Reason::SIGN_IN_REFUSED));
  }
  EXPECT_THAT(Try(Good()), IsOk());
}

TEST_F(SignInTest, NewCredentialsLiftALock) {
  for (int i = 0; i < 5; ++i) Try(WrongPassword()).IgnoreError();
  EXPECT_THAT(Try(Good()), FailsWith(Reason::CLERK_LOCKED));
  ASSERT_THAT(shop_.Enroll(shop_.ClerkContent("wang", "s1")), IsOk());
  EXPECT_THAT(Try(Good()), IsOk());
}

TEST_F(SignInTest, OnlyWhoKnowsTheCredentialsLearnsMore) {
  EXPECT_THAT(Try(Good("zhao")), FailsWith(Reason::CLERK_OF_OTHER_SHOP));
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_CLERK, "wang"), IsOk());
  EXPECT_THAT(Try(Good()), FailsWith(Reason::CLERK_REVOKED));
  EXPECT_THAT(Try(WrongPassword()), FailsWith(Reason::SIGN_IN_REFUSED));
}

TEST_F(SignInTest, ATotpStepCountsOncePerClerk) {
  ASSERT_THAT(Try(Good()), IsOk());
  EXPECT_THAT(Try(Good()), FailsWith(Reason::TOTP_USED));
  // An older step of the window neither.
  SignInAttempt older = Good();
  older.totp = shop_.Code("wang", -1);
  EXPECT_THAT(Try(std::move(older)), FailsWith(Reason::TOTP_USED));
  // Others have steps of their own; the next one is good at once.
  EXPECT_THAT(Try(Good("li")), IsOk());
  SignInAttempt next = Good();
  next.totp = shop_.Code("wang", 1);
  EXPECT_THAT(Try(std::move(next)), IsOk());
  // It does not count as a failure.
  EXPECT_THAT(Try(Good()), FailsWith(Reason::TOTP_USED));
}

TEST_F(SignInTest, AStepUsedTwiceAtOnceOpensOneShift) {
  for (int round = 0; round < 10; ++round) {
    std::vector<boost::asio::awaitable<absl::StatusOr<SignedIn>>> both;
    both.push_back(shop_.sign_in().SignIn(shop_.Attempt("s1/t1", "wang")));
    both.push_back(shop_.sign_in().SignIn(shop_.Attempt("s1/t2", "wang")));
    const auto results = shop_.RunAll(std::move(both));
    EXPECT_EQ(results[0].ok() + results[1].ok(), 1);
    EXPECT_THAT(results[results[0].ok() ? 1 : 0], FailsWith(Reason::TOTP_USED));
    shop_.clock().Advance(absl::Seconds(30));
  }
}

TEST_F(SignInTest, ParallelGuessesDoNotPassTheLock) {
  // Twenty at once: at most five are judged by their password, then even the
  // right one is refused.
  std::vector<boost::asio::awaitable<absl::StatusOr<SignedIn>>> guesses;
  for (int i = 0; i < 20; ++i) {
    guesses.push_back(shop_.sign_in().SignIn(WrongPassword()));
  }
  for (const auto& result : shop_.RunAll(std::move(guesses))) {
    EXPECT_FALSE(result.ok());
  }
  EXPECT_THAT(Try(Good()), FailsWith(Reason::CLERK_LOCKED));
  EXPECT_THAT(shop_.Kinds("clerk/wang"),
              ElementsAre("CLERK_PROPOSED", "CLERK_APPROVED", "CLERK_LOCKED"));
}

TEST_F(SignInTest, EndsTheOlderShiftOfTheTerminal) {
  const auto first = shop_.SignIn("s1/t1", "wang");
  ASSERT_THAT(first, IsOk());
  const auto session = shop_.Run(
      shop_.sessions().StartSession(shop_.Call("s1/t1", first->shift_token)));
  ASSERT_THAT(session, IsOk());
  const auto second = shop_.SignIn("s1/t1", "li");
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Check("s1/t1", first->shift_token),
              FailsWith(Reason::SHIFT_NOT_OPEN));
  EXPECT_THAT(Check("s1/t1", second->shift_token), IsOk());
  EXPECT_THAT(
      shop_.Ends(),
      ElementsAre("SESSION " + session->session.session_id + " SHIFT_ENDED",
                  "SHIFT " + first->shift.shift_id + " SHIFT_ENDED"));
}

TEST_F(SignInTest, ARepeatGivesTheSameTokenAndChecksThePasswordAgain) {
  const SignInAttempt attempt = Good();
  const auto first = Try(Copy(attempt));
  ASSERT_THAT(first, IsOk());
  shop_.clock().Advance(absl::Minutes(10));
  shop_.Restart();
  const auto repeated = Try(Copy(attempt));
  ASSERT_THAT(repeated, IsOk());
  EXPECT_EQ(repeated->shift_token, first->shift_token);
  EXPECT_EQ(repeated->shift.shift_id, first->shift.shift_id);
  SignInAttempt wrong = Copy(attempt);
  wrong.password = crypto::Secret("wrong");
  EXPECT_THAT(Try(std::move(wrong)), FailsWith(Reason::SIGN_IN_REFUSED));
  SignInAttempt other = Copy(attempt);
  other.mutation.content_hash = std::string(32, 'o');
  EXPECT_THAT(Try(std::move(other)), FailsWith(Reason::REQUEST_ID_REUSED));
  ASSERT_THAT(shop_.Run(shop_.sessions().SignOut(
                  shop_.Call("s1/t1", first->shift_token))),
              IsOk());
  EXPECT_THAT(Try(Copy(attempt)), FailsWith(Reason::SHIFT_NOT_OPEN));
}

TEST_F(SignInTest, TheSameRequestAtOnceOpensOneShift) {
  const SignInAttempt attempt = Good();
  std::vector<boost::asio::awaitable<absl::StatusOr<SignedIn>>> both;
  for (int i = 0; i < 4; ++i) {
    both.push_back(shop_.sign_in().SignIn(Copy(attempt)));
  }
  const auto results = shop_.RunAll(std::move(both));
  for (const auto& result : results) {
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->shift_token, results[0]->shift_token);
  }
}

// Goal: an answer to COMMIT that was lost is settled by the repeat. Method: the
// database commits and says "unknown".
TEST_F(SignInTest, ALostCommitAnswerIsSettledByTheRepeat) {
  const SignInAttempt attempt = Good();
  shop_.faults().FailCommit(
      1, sql::testing::FaultyDatabase::CommitFault::kUnknownButDone);
  EXPECT_THAT(Try(Copy(attempt)), FailsWith(Reason::DATABASE_UNAVAILABLE));
  EXPECT_THAT(Try(Copy(attempt)), IsOk());
}

TEST_F(SignInTest, RacesInsideTheTransactionRunItAgain) {
  shop_.faults().LoseRaceAtStatement(9);
  EXPECT_THAT(Try(Good()), IsOk());
}

TEST_F(SignInTest, SignInsAreCountedByOutcome) {
  Try(WrongPassword()).IgnoreError();
  Try(Good()).IgnoreError();
  const std::string text = shop_.metrics().Text();
  EXPECT_NE(text.find("shiming_sign_ins_total{outcome=\"OK\"} 1"),
            std::string::npos);
  EXPECT_NE(text.find("shiming_sign_ins_total{outcome=\"SIGN_IN_REFUSED\"} 1"),
            std::string::npos);
}

}  // namespace
}  // namespace shiming::terminal_session
