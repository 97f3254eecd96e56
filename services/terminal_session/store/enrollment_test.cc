// Giving and taking rights, on a real database: two admins, digests, pinned
// keys, pairing, and what a revocation ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/encoding.h"
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
using ::testing::StartsWith;

class EnrollmentTest : public ::testing::Test {
 protected:
  void TearDown() override {
    EXPECT_THAT(shop_.NotAcceptedByLedger(), IsEmpty());
  }

  absl::StatusOr<SubjectView> Propose(
      const std::string& admin, const terminal::v1::ProposalContent& content) {
    return shop_.Run(shop_.enrollment().Propose(shop_.Request("admin/" + admin),
                                                "/admin/" + admin, content));
  }
  absl::StatusOr<SubjectView> Approve(const std::string& admin,
                                      const SubjectView& subject) {
    return shop_.Run(shop_.enrollment().Approve(
        shop_.Request("admin/" + admin), "/admin/" + admin,
        crypto::ToHex(subject.record.digest)));
  }
  // "<id> <state>" of all subjects of a kind.
  std::vector<std::string> List(SubjectKind kind, int page_size = 0) {
    std::vector<std::string> all;
    std::string token;
    do {
      auto page = shop_.Run(
          shop_.enrollment().List(kind, page_size, token, shop_.clock().Now()));
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) return all;
      for (const SubjectView& view : page->subjects) {
        all.push_back(view.record.subject_id + " " +
                      terminal::v1::SubjectState_Name(view.record.state)
                          .substr(sizeof("SUBJECT_STATE_") - 1));
      }
      token = page->next_page_token;
    } while (!token.empty());
    return all;
  }
  bool HasOpenShift(const SignedIn& signed_in) {
    return shop_
        .Run(shop_.sessions().CheckTerminal(
            shop_.Call(signed_in.shift.terminal.Path(), signed_in.shift_token),
            ""))
        .ok();
  }

  DemoShop shop_;
};

TEST_F(EnrollmentTest, TakesTwoAdmins) {
  const auto proposed = Propose("a1", shop_.ShopContent("s1"));
  ASSERT_THAT(proposed, IsOk());
  EXPECT_EQ(proposed->record.state, SubjectState::SUBJECT_STATE_PROPOSED);
  EXPECT_THAT(Approve("a1", *proposed), FailsWith(Reason::SAME_ADMIN));
  const auto approved = Approve("a2", *proposed);
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->record.state, SubjectState::SUBJECT_STATE_APPROVED);
  EXPECT_EQ(approved->record.proposed_by, "/admin/a1");
  EXPECT_EQ(approved->record.approved_by, "/admin/a2");
  EXPECT_THAT(shop_.Kinds("shop/s1"),
              ElementsAre("SHOP_PROPOSED", "SHOP_APPROVED"));
  EXPECT_THAT(Approve("a2", *proposed),
              FailsWith(Reason::PROPOSAL_NOT_WAITING));
}

TEST_F(EnrollmentTest, ApproveNamesAProposal) {
  SubjectView unknown;
  unknown.record.digest = std::string(32, 'x');
  EXPECT_THAT(Approve("a2", unknown), FailsWith(Reason::PROPOSAL_UNKNOWN));
  unknown.record.digest = "short";
  EXPECT_THAT(Approve("a2", unknown), FailsWith(Reason::INVALID_REQUEST));
}

TEST_F(EnrollmentTest, ANewerProposalTakesThePlaceOfOneThatWaits) {
  const auto first = Propose("a1", shop_.ShopContent("s1"));
  auto other = shop_.ShopContent("s1");
  other.mutable_shop()->set_region("11");
  const auto second = Propose("a1", other);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Approve("a2", *first), FailsWith(Reason::PROPOSAL_NOT_WAITING));
  EXPECT_THAT(Approve("a2", *second), IsOk());
  EXPECT_THAT(List(SubjectKind::SUBJECT_KIND_SHOP), ElementsAre("s1 APPROVED"));
}

TEST_F(EnrollmentTest, TheSameContentMayComeBackLater) {
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  auto other = shop_.ShopContent("s1");
  other.mutable_shop()->set_region("11");
  ASSERT_THAT(shop_.Enroll(other), IsOk());
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  const auto shops = shop_.Run(shop_.enrollment().ListShops());
  ASSERT_THAT(shops, IsOk());
  ASSERT_EQ(shops->size(), 1u);
  EXPECT_EQ((*shops)[0].region(), "31");
}

TEST_F(EnrollmentTest, RestsOnWhatIsInForce) {
  EXPECT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")),
              FailsWith(Reason::SHOP_NOT_IN_FORCE));
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  EXPECT_THAT(shop_.Enroll(shop_.DisplayContent("s1/d1", "t1")),
              FailsWith(Reason::TERMINAL_NOT_IN_FORCE));
  EXPECT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
  EXPECT_THAT(shop_.Enroll(shop_.DisplayContent("s1/d1", "t1")), IsOk());
}

TEST_F(EnrollmentTest, AKeyIsPinnedOnce) {
  shop_.EnrollAll();
  auto copy = shop_.TerminalContent("s1/t1");
  copy.mutable_terminal()->set_terminal_id("t3");
  EXPECT_THAT(shop_.Enroll(copy), FailsWith(Reason::KEY_IN_USE));
  // Also not one's TLS key as another's evidence key.
  auto crossed = shop_.TerminalContent("s1/t4");
  crossed.mutable_terminal()->set_evidence_public_key(
      shop_.Key("s1/t1").PublicDer());
  EXPECT_THAT(shop_.Enroll(crossed), FailsWith(Reason::KEY_IN_USE));
  // Free again once it is revoked.
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1"),
              IsOk());
  EXPECT_THAT(shop_.Enroll(copy), IsOk());
}

TEST_F(EnrollmentTest, TheEventPinsTheKeys) {
  shop_.EnrollAll();
  for (const ledger::v1::Event& event : shop_.Events()) {
    if (event.kind() != ledger::v1::EVENT_KIND_TERMINAL_APPROVED ||
        event.terminal() != "s1/t1") {
      continue;
    }
    EXPECT_EQ(event.admin_details().pinned_key_sha256(0),
              shop_.Key("s1/t1").Public().Hash());
    EXPECT_EQ(event.admin_details().pinned_key_sha256(1),
              shop_.Key("s1/t1", "evidence").Public().Hash());
    EXPECT_EQ(event.admin_details().evidence_public_key(),
              shop_.Key("s1/t1", "evidence").PublicDer());
    return;
  }
  FAIL() << "no TERMINAL_APPROVED";
}

TEST_F(EnrollmentTest, SeedsAreStoredEncrypted) {
  shop_.EnrollAll();
  const std::string seed = shop_.ClerkContent("wang", "s1").clerk().totp_seed();
  const auto page = shop_.Run(
      shop_.enrollment_store().List(SubjectKind::SUBJECT_KIND_CLERK, {}, 10));
  ASSERT_THAT(page, IsOk());
  for (const SubjectRecord& record : *page) {
    EXPECT_NE(record.content.clerk().totp_seed(), seed);
  }
}

TEST_F(EnrollmentTest, RepeatsDoNothingTwice) {
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  const Mutation propose = shop_.Request("admin/a1", "Propose", "terminal");
  const Mutation approve = shop_.Request("admin/a2", "Approve", "digest");
  const Mutation revoke = shop_.Request("admin/a1", "Revoke", "t1");
  const auto content = shop_.TerminalContent("s1/t1");
  for (int i = 0; i < 2; ++i) {
    const auto proposed =
        shop_.Run(shop_.enrollment().Propose(propose, "/admin/a1", content));
    ASSERT_THAT(proposed, IsOk());
    const auto approved = shop_.Run(shop_.enrollment().Approve(
        approve, "/admin/a2", crypto::ToHex(proposed->record.digest)));
    ASSERT_THAT(approved, IsOk());
    EXPECT_EQ(approved->record.state, SubjectState::SUBJECT_STATE_APPROVED);
  }
  for (int i = 0; i < 2; ++i) {
    const auto revoked = shop_.Run(shop_.enrollment().Revoke(
        revoke, "/admin/a1", SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1", ""));
    ASSERT_THAT(revoked, IsOk());
    EXPECT_EQ(revoked->record.state, SubjectState::SUBJECT_STATE_REVOKED);
  }
  EXPECT_THAT(shop_.Kinds("terminal/s1/t1"),
              ElementsAre("TERMINAL_PROPOSED", "TERMINAL_APPROVED",
                          "TERMINAL_REVOKED"));
  Mutation other = propose;
  other.content_hash = std::string(32, 'o');
  EXPECT_THAT(
      shop_.Run(shop_.enrollment().Propose(other, "/admin/a1", content)),
      FailsWith(Reason::REQUEST_ID_REUSED));
}

TEST_F(EnrollmentTest, RevocationEndsWhatRestsOnTheSubject) {
  shop_.EnrollAll();
  struct Case {
    SubjectKind kind;
    std::string id;
    bool ends_shift;
    std::string end;
  };
  for (const Case& test : std::vector<Case>{
           {SubjectKind::SUBJECT_KIND_DISPLAY, "s1/d1", false,
            "DISPLAY s1/d1 REVOKED"},
           {SubjectKind::SUBJECT_KIND_CLERK, "wang", true,
            "CLERK wang REVOKED"},
           {SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1", true,
            "TERMINAL s1/t1 REVOKED"},
           {SubjectKind::SUBJECT_KIND_SHOP, "s1", true, "SHOP s1 REVOKED"},
       }) {
    const auto signed_in = shop_.SignIn("s1/t1", "wang");
    ASSERT_THAT(signed_in, IsOk());
    const auto session = shop_.Run(shop_.sessions().StartSession(
        shop_.Call("s1/t1", signed_in->shift_token)));
    ASSERT_THAT(session, IsOk());
    ASSERT_THAT(shop_.Revoke(test.kind, test.id), IsOk());

    EXPECT_EQ(HasOpenShift(*signed_in), !test.ends_shift) << test.id;
    const auto ended = shop_.Run(shop_.sessions().ReadSession(
        {"s1", "t1"}, session->session.session_id));
    ASSERT_THAT(ended, IsOk());
    EXPECT_EQ(ended->state, SessionState::SESSION_STATE_TERMINATED);
    EXPECT_EQ(ended->end, SessionEnd::SESSION_END_REVOKED);
    EXPECT_THAT(shop_.Ends(), Contains(test.end));
    EXPECT_THAT(
        shop_.Ends(),
        Contains("SESSION " + session->session.session_id + " REVOKED"));
    // Back in force for the next round; a shop takes nothing down with it but
    // the shifts.
    switch (test.kind) {
      case SubjectKind::SUBJECT_KIND_DISPLAY:
        ASSERT_THAT(shop_.Enroll(shop_.DisplayContent("s1/d1", "t1")), IsOk());
        break;
      case SubjectKind::SUBJECT_KIND_CLERK:
        ASSERT_THAT(shop_.Enroll(shop_.ClerkContent("wang", "s1")), IsOk());
        break;
      case SubjectKind::SUBJECT_KIND_TERMINAL:
        ASSERT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
        break;
      default:
        ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
        break;
    }
  }
  EXPECT_THAT(shop_.SignIn("s1/t1", "wang"), IsOk());
}

TEST_F(EnrollmentTest, OthersGoOnWhenOneIsRevoked) {
  shop_.EnrollAll();
  const auto wang = shop_.SignIn("s1/t1", "wang");
  const auto li = shop_.SignIn("s1/t2", "li");
  const auto zhao = shop_.SignIn("s2/t1", "zhao");
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1"),
              IsOk());
  EXPECT_FALSE(HasOpenShift(*wang));
  EXPECT_TRUE(HasOpenShift(*li));
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_SHOP, "s1"), IsOk());
  EXPECT_FALSE(HasOpenShift(*li));
  EXPECT_TRUE(HasOpenShift(*zhao));
}

TEST_F(EnrollmentTest, RevocationWithdrawsWhatWaits) {
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  const auto waiting = Propose("a1", shop_.TerminalContent("s1/t1"));
  ASSERT_THAT(waiting, IsOk());
  ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1"),
              IsOk());
  EXPECT_THAT(Approve("a2", *waiting), FailsWith(Reason::PROPOSAL_NOT_WAITING));
  EXPECT_THAT(List(SubjectKind::SUBJECT_KIND_TERMINAL),
              ElementsAre("s1/t1 REVOKED"));
  // Again: no effect, no event.
  EXPECT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1"),
              IsOk());
  EXPECT_THAT(shop_.Kinds("terminal/s1/t1"),
              ElementsAre("TERMINAL_PROPOSED", "TERMINAL_REVOKED"));
  EXPECT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t9"),
              FailsWith(Reason::SUBJECT_UNKNOWN));
}

TEST_F(EnrollmentTest, RevokingWhatIsInForceAlsoWithdrawsItsReplacement) {
  shop_.EnrollAll();
  shop_.NewKey("s1/t1");
  const auto waiting = Propose("a1", shop_.TerminalContent("s1/t1"));
  ASSERT_THAT(waiting, IsOk());
  EXPECT_THAT(List(SubjectKind::SUBJECT_KIND_TERMINAL),
              ElementsAre("s1/t1 APPROVED", "s1/t1 PROPOSED", "s1/t2 APPROVED",
                          "s2/t1 APPROVED"));
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(shop_.Revoke(SubjectKind::SUBJECT_KIND_TERMINAL, "s1/t1"),
                IsOk());
    EXPECT_THAT(
        List(SubjectKind::SUBJECT_KIND_TERMINAL),
        ElementsAre("s1/t1 REVOKED", "s1/t2 APPROVED", "s2/t1 APPROVED"));
  }
  EXPECT_THAT(Approve("a2", *waiting), FailsWith(Reason::PROPOSAL_NOT_WAITING));
}

TEST_F(EnrollmentTest, ReKeyEndsTheShiftOfTheOldKey) {
  shop_.EnrollAll();
  const auto signed_in = shop_.SignIn("s1/t1", "wang");
  ASSERT_THAT(signed_in, IsOk());
  // The same keys again: nothing ends.
  ASSERT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
  EXPECT_TRUE(HasOpenShift(*signed_in));
  shop_.NewKey("s1/t1");
  ASSERT_THAT(shop_.Enroll(shop_.TerminalContent("s1/t1")), IsOk());
  EXPECT_FALSE(HasOpenShift(*signed_in));
  EXPECT_THAT(shop_.Kinds("shift/" + signed_in->shift.shift_id),
              ElementsAre("SHIFT_OPENED", "SHIFT_CLOSED"));
  EXPECT_THAT(shop_.Ends(), Contains("TERMINAL s1/t1 REVOKED"));
  EXPECT_THAT(shop_.SignIn("s1/t1", "wang"), IsOk());
}

TEST_F(EnrollmentTest, ANewDisplayTakesTheOldOnesPlace) {
  shop_.EnrollAll();
  const auto signed_in = shop_.SignIn("s1/t1", "wang");
  const auto session = shop_.Run(shop_.sessions().StartSession(
      shop_.Call("s1/t1", signed_in->shift_token)));
  ASSERT_THAT(session, IsOk());
  EXPECT_EQ(session->session.display_id, "d1");
  ASSERT_THAT(shop_.Enroll(shop_.DisplayContent("s1/d9", "t1")), IsOk());
  EXPECT_THAT(shop_.Ends(), Contains("DISPLAY s1/d1 REVOKED"));
  EXPECT_THAT(shop_.Ends(), Contains(StartsWith("SESSION ")));
  const auto next = shop_.Run(shop_.sessions().StartSession(
      shop_.Call("s1/t1", signed_in->shift_token)));
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(next->session.display_id, "d9");
  // A display may move to another terminal, too.
  ASSERT_THAT(shop_.Enroll(shop_.DisplayContent("s1/d9", "t2")), IsOk());
  EXPECT_THAT(shop_.Run(shop_.sessions().StartSession(
                  shop_.Call("s1/t1", signed_in->shift_token))),
              FailsWith(Reason::NO_DISPLAY_PAIRED));
}

TEST_F(EnrollmentTest, ListsByPages) {
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  std::vector<std::string> expected;
  for (int i = 10; i < 17; ++i) {
    const std::string id = "s1/t" + std::to_string(i);
    ASSERT_THAT(shop_.Enroll(shop_.TerminalContent(id)), IsOk());
    expected.push_back(id + " APPROVED");
  }
  EXPECT_EQ(List(SubjectKind::SUBJECT_KIND_TERMINAL, 3), expected);
  EXPECT_EQ(List(SubjectKind::SUBJECT_KIND_TERMINAL, 7), expected);
  EXPECT_EQ(List(SubjectKind::SUBJECT_KIND_TERMINAL), expected);
  const auto list = [&](int size, const std::string& token) {
    return shop_
        .Run(shop_.enrollment().List(SubjectKind::SUBJECT_KIND_TERMINAL, size,
                                     token, shop_.clock().Now()))
        .status();
  };
  EXPECT_THAT(list(-1, ""), FailsWith(Reason::INVALID_REQUEST));
  EXPECT_THAT(list(5, "x"), FailsWith(Reason::INVALID_REQUEST));
}

// Goal: one of two admins who act at once wins; no state between. Method: both
// at the same time, many times.
TEST_F(EnrollmentTest, ApproveAndRevokeAtOnceLeaveAClearState) {
  ASSERT_THAT(shop_.Enroll(shop_.ShopContent("s1")), IsOk());
  for (int round = 0; round < 10; ++round) {
    const std::string id = "s1/t" + std::to_string(round);
    const auto proposed = Propose("a1", shop_.TerminalContent(id));
    ASSERT_THAT(proposed, IsOk());
    std::vector<boost::asio::awaitable<absl::StatusOr<SubjectView>>> both;
    both.push_back(
        shop_.enrollment().Approve(shop_.Request("admin/a2"), "/admin/a2",
                                   crypto::ToHex(proposed->record.digest)));
    both.push_back(
        shop_.enrollment().Revoke(shop_.Request("admin/a1"), "/admin/a1",
                                  SubjectKind::SUBJECT_KIND_TERMINAL, id, ""));
    const auto results = shop_.RunAll(std::move(both));
    EXPECT_THAT(results[1], IsOk());
    EXPECT_THAT(List(SubjectKind::SUBJECT_KIND_TERMINAL),
                Contains(id + " REVOKED"));
  }
}

}  // namespace
}  // namespace shiming::terminal_session
