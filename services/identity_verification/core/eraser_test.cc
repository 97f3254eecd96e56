// Goal: two officers erase a person so that no key is left in any file, the
// record says so, and neither a crash nor a race leaves anything half done.
#include "services/identity_verification/core/eraser.h"

#include <gtest/gtest.h>

#include <set>

#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/testing/status_matchers.h"
#include "common/time/date.h"
#include "common/time/proto_time.h"
#include "identity/document/card_block_builder.h"
#include "ledger/entry.h"
#include "services/identity_verification/store/testing/row_count.h"
#include "services/identity_verification/testing/verification_desk.h"
#include "storage/testing/run.h"

namespace shiming::identity_verification {
namespace {

namespace v1 = identity::v1;
using identity::EvidenceMaker;
using ::shiming::testing::FailsWith;
using ::shiming::testing::IsOk;

constexpr absl::Duration kAttestationIsOver = absl::Minutes(16);

class EraserTest : public ::testing::Test {
 protected:
  // A person with this number among the synthetic ones; verified just now.
  struct Person {
    EvidenceMaker maker;
    v1::VerifyIdentityRequest request;
    v1::Verification verification;
    std::string id;
  };

  Person VerifyOne(uint64_t number) {
    Person person{.maker = desk_.OpenSession()};
    person.maker.card_block =
        *identity::BuildResidentCard(identity::SyntheticPersonOf(number));
    person.request = desk_.RequestOf(person.maker);
    const auto verified = desk_.Verify(person.request);
    EXPECT_THAT(verified, IsOk());
    person.verification = *verified;
    person.id = desk_.EventOf(person.verification)->person_id();
    return person;
  }

  // The same document again, in a session of its own.
  v1::VerifyIdentityRequest Again(uint64_t number) {
    EvidenceMaker maker = desk_.OpenSession();
    maker.card_block =
        *identity::BuildResidentCard(identity::SyntheticPersonOf(number));
    return desk_.RequestOf(maker);
  }

  // Verified, time over, proposed and approved; the task.
  v1::ErasureTask ApproveOne(const std::string& person_id) {
    desk_.clock.Advance(kAttestationIsOver);
    const auto proposed = desk_.Propose("officer-1", person_id);
    EXPECT_THAT(proposed, IsOk());
    EXPECT_THAT(desk_.Approve("officer-2", proposed->digest()), IsOk());
    const auto tasks = desk_.Tasks(last_task_);
    EXPECT_EQ(tasks.size(), 1u);
    EXPECT_EQ(tasks[0].person_id(), person_id);
    last_task_ = tasks[0].task_number();
    return tasks[0];
  }

  // Nothing of the person is left, and the record says it once.
  void ExpectErased(const std::string& person_id) {
    const v1::Erasure erasure = desk_.ErasureOf(person_id);
    EXPECT_EQ(erasure.state(), v1::ERASURE_STATE_ERASED);
    EXPECT_EQ(desk_.WrappedKeyOf(person_id), "");
    EXPECT_THAT(desk_.EventOf(erasure.event_id()), IsOk());
    ledger::v1::EventId second = erasure.event_id();
    second.set_version(2);
    EXPECT_THAT(desk_.EventOf(second), FailsWith(Reason::NOT_FOUND));
  }

  VerificationDesk desk_;
  int64_t last_task_ = 0;
};

TEST_F(EraserTest, TwoOfficersEraseAPerson) {
  const Person person = VerifyOne(1);
  const std::string wrapped = desk_.WrappedKeyOf(person.id);
  ASSERT_GT(wrapped.size(), 32u);
  EXPECT_NE(desk_.DatabaseBytes().find(wrapped), std::string::npos);

  desk_.clock.Advance(kAttestationIsOver);
  const auto proposed = desk_.Propose("officer-1", person.id);
  ASSERT_THAT(proposed, IsOk());
  EXPECT_EQ(proposed->state(), v1::ERASURE_STATE_PROPOSED);
  EXPECT_EQ(proposed->proposed_by(), "/officer/officer-1");
  EXPECT_EQ(proposed->digest().size(), 64u);
  EXPECT_TRUE(desk_.Tasks().empty());
  const auto approved = desk_.Approve("officer-2", proposed->digest());
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->state(), v1::ERASURE_STATE_APPROVED);
  const auto tasks = desk_.Tasks();
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].person_id(), person.id);
  EXPECT_EQ(FromProto(tasks[0].kept_since()), desk_.clock.Now());

  const Date day = Date::Of(desk_.clock.Now());
  ASSERT_THAT(desk_.Report(tasks[0].task_number()), IsOk());
  ExpectErased(person.id);
  const v1::Erasure erased = desk_.ErasureOf(person.id);
  EXPECT_EQ(erased.approved_by(), "/officer/officer-2");
  EXPECT_EQ(erased.last_backup_day(), day.PlusDays(30).ToIso());

  const auto event = desk_.EventOf(erased.event_id());
  ASSERT_THAT(event, IsOk());
  EXPECT_THAT(ledger::CheckEvent(*event), IsOk());
  EXPECT_EQ(event->kind(), ledger::v1::EVENT_KIND_PERSON_ERASED);
  EXPECT_EQ(event->person_id(), person.id);
  EXPECT_EQ(event->admin(), "/officer/officer-2");
  EXPECT_EQ(event->once_key(), "erasure/" + person.id);
  EXPECT_EQ(event->erasure().proposed_by(), "/officer/officer-1");
  EXPECT_EQ(event->erasure().last_backup_day(), erased.last_backup_day());
  EXPECT_EQ(event->erasure().digest().size(), 32u);
  // Behind the verification and what profile_order named.
  ASSERT_EQ(event->after_size(), 2);
  EXPECT_EQ(event->after(0).SerializeAsString(),
            person.verification.event_id().SerializeAsString());
  EXPECT_EQ(event->after(1).source(), "profile_order");

  // The key's bytes are in no file, nor is anything that it sealed found.
  EXPECT_EQ(desk_.DatabaseBytes().find(wrapped), std::string::npos);
  EXPECT_EQ(desk_.RowCount("persons"), 0);
  EXPECT_EQ(desk_.RowCount("person_aliases"), 0);
  EXPECT_EQ(desk_.RowCount("person_keys"), 0);
  EXPECT_EQ(desk_.RowCount("verifications"), 1);

  // The terminal hears it, also with a repeat of its request.
  const auto shown =
      desk_.Get(person.maker.session_id, person.verification.verification_id());
  ASSERT_THAT(shown, IsOk());
  EXPECT_TRUE(shown->erased());
  EXPECT_EQ(shown->decision(), v1::DECISION_APPROVED);
  EXPECT_EQ(shown->masked_name(), "");
  EXPECT_FALSE(shown->has_attestation());
  const auto repeated = desk_.Verify(person.request);
  ASSERT_THAT(repeated, IsOk());
  EXPECT_TRUE(repeated->erased());
}

TEST_F(EraserTest, WhoComesAgainIsANewPerson) {
  const Person person = VerifyOne(1);
  ASSERT_THAT(desk_.Report(ApproveOne(person.id).task_number()), IsOk());
  const auto again = desk_.Verify(Again(1));
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->erased());
  const std::string new_id = desk_.EventOf(*again)->person_id();
  EXPECT_NE(new_id, person.id);
  EXPECT_THAT(desk_.Propose("officer-1", person.id),
              FailsWith(Reason::PERSON_IS_ERASED));
}

TEST_F(EraserTest, NobodyIsVerifiedWhileBeingErased) {
  const Person person = VerifyOne(1);
  const v1::ErasureTask task = ApproveOne(person.id);
  const v1::VerifyIdentityRequest request = Again(1);
  const auto refused = desk_.Verify(request);
  EXPECT_THAT(refused, FailsWith(Reason::ERASURE_UNDER_WAY));
  EXPECT_TRUE(PartsOf(refused.status()).retry_delay.has_value());
  EXPECT_EQ(desk_.RowCount("verifications"), 1);
  // Nobody else is concerned.
  EXPECT_THAT(desk_.Verify(Again(2)), IsOk());
  ASSERT_THAT(desk_.Report(task.task_number()), IsOk());
  // The same request, repeated: a new person.
  const auto verified = desk_.Verify(request);
  ASSERT_THAT(verified, IsOk());
  EXPECT_NE(desk_.EventOf(*verified)->person_id(), person.id);
}

TEST_F(EraserTest, SaysWhatStandsAgainstAProposal) {
  EXPECT_THAT(desk_.Propose("officer-1", NewId(desk_.random)),
              FailsWith(Reason::PERSON_UNKNOWN));
  EXPECT_THAT(desk_.Propose("officer-1", "no id"),
              FailsWith(Reason::INVALID_REQUEST));
  const Person person = VerifyOne(1);
  EXPECT_THAT(desk_.Propose("officer-1", person.id),
              FailsWith(Reason::PERSON_HAS_OPEN_VERIFICATION));
  desk_.clock.Advance(absl::Minutes(15) - absl::Seconds(1));
  EXPECT_THAT(desk_.Propose("officer-1", person.id),
              FailsWith(Reason::PERSON_HAS_OPEN_VERIFICATION));
  desk_.clock.Advance(absl::Seconds(2));
  const auto proposed = desk_.Propose("officer-1", person.id);
  ASSERT_THAT(proposed, IsOk());

  EXPECT_THAT(desk_.Approve("officer-1", proposed->digest()),
              FailsWith(Reason::SAME_OFFICER));
  EXPECT_THAT(desk_.Approve("officer-2", std::string(64, '0')),
              FailsWith(Reason::PROPOSAL_UNKNOWN));
  EXPECT_THAT(desk_.Approve("officer-2", "beef"),
              FailsWith(Reason::INVALID_REQUEST));
  // Verified again since it was proposed.
  ASSERT_THAT(desk_.Verify(Again(1)), IsOk());
  EXPECT_THAT(desk_.Approve("officer-2", proposed->digest()),
              FailsWith(Reason::PERSON_HAS_OPEN_VERIFICATION));
  desk_.clock.Advance(kAttestationIsOver);
  ASSERT_THAT(desk_.Approve("officer-2", proposed->digest()), IsOk());
  EXPECT_THAT(desk_.Approve("officer-3", proposed->digest()),
              FailsWith(Reason::PROPOSAL_NOT_WAITING));
  EXPECT_THAT(desk_.Propose("officer-1", person.id),
              FailsWith(Reason::ERASURE_UNDER_WAY));
}

TEST_F(EraserTest, WhatTheOrdersSayAgainstItLeavesEverythingAsItWas) {
  desk_.erasure_rules.retention = absl::Hours(24 * 730);
  desk_.Restart();
  const Person person = VerifyOne(1);
  v1::ErasureTask task = ApproveOne(person.id);
  EXPECT_EQ(FromProto(task.kept_since()),
            desk_.clock.Now() - absl::Hours(24 * 730));
  ASSERT_THAT(desk_.Report(task.task_number(), "PERSON_HAS_LIVE_NUMBERS"),
              IsOk());
  v1::Erasure erasure = desk_.ErasureOf(person.id);
  EXPECT_EQ(erasure.state(), v1::ERASURE_STATE_REFUSED);
  EXPECT_EQ(erasure.refused_reason(), "PERSON_HAS_LIVE_NUMBERS");
  EXPECT_FALSE(erasure.has_retain_until());
  EXPECT_TRUE(desk_.Tasks().empty());
  // Repeated, and by an instance that came too late: nothing changes.
  EXPECT_THAT(desk_.Report(task.task_number(), "PERSON_HAS_LIVE_NUMBERS"),
              IsOk());
  EXPECT_THAT(desk_.Report(task.task_number()), IsOk());
  EXPECT_EQ(desk_.ErasureOf(person.id).state(), v1::ERASURE_STATE_REFUSED);
  EXPECT_NE(desk_.WrappedKeyOf(person.id), "");
  // The person goes on as before.
  const auto verified = desk_.Verify(Again(1));
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(desk_.EventOf(*verified)->person_id(), person.id);
  EXPECT_FALSE(verified->masked_name().empty());

  // Proposed anew: another task; the law stands against it this time.
  task = ApproveOne(person.id);
  const absl::Time end = desk_.clock.Now() - absl::Hours(24 * 100);
  ASSERT_THAT(desk_.Report(task.task_number(), "RETENTION_NOT_OVER", end),
              IsOk());
  erasure = desk_.ErasureOf(person.id);
  EXPECT_EQ(erasure.refused_reason(), "RETENTION_NOT_OVER");
  EXPECT_EQ(FromProto(erasure.retain_until()), end + absl::Hours(24 * 730));
  EXPECT_THAT(desk_.Report(task.task_number() + 1),
              FailsWith(Reason::NOT_FOUND));
  EXPECT_THAT(desk_.Report(task.task_number(), "NUMBER_TAKEN"),
              FailsWith(Reason::INVALID_REQUEST));
}

TEST_F(EraserTest, ARepeatedRequestGivesWhatStandsNow) {
  const Person person = VerifyOne(1);
  desk_.clock.Advance(kAttestationIsOver);
  const std::string first = NewUuid(desk_.random);
  const auto proposed = desk_.Propose("officer-1", person.id, first);
  ASSERT_THAT(proposed, IsOk());
  const std::string second = NewUuid(desk_.random);
  ASSERT_THAT(desk_.Approve("officer-2", proposed->digest(), second), IsOk());
  ASSERT_THAT(desk_.Report(desk_.Tasks()[0].task_number()), IsOk());
  auto repeated = desk_.Propose("officer-1", person.id, first);
  ASSERT_THAT(repeated, IsOk());
  EXPECT_EQ(repeated->state(), v1::ERASURE_STATE_ERASED);
  repeated = desk_.Approve("officer-2", proposed->digest(), second);
  ASSERT_THAT(repeated, IsOk());
  EXPECT_EQ(repeated->state(), v1::ERASURE_STATE_ERASED);
  EXPECT_THAT(desk_.Propose("officer-1", NewId(desk_.random), first),
              FailsWith(Reason::REQUEST_ID_REUSED));
  EXPECT_THAT(desk_.Propose("officer-1", person.id, "no uuid"),
              FailsWith(Reason::REQUEST_ID_REQUIRED));
  // Reported again, as after a lost answer.
  EXPECT_THAT(desk_.Report(1), IsOk());
  ExpectErased(person.id);
}

// Kills the process at each statement of a report in turn, by making it fail
// and starting anew.
TEST_F(EraserTest, ACrashBetweenAnyTwoStepsIsMadeGood) {
  int crashes = 0;
  for (int statement = 1;; ++statement) {
    const Person person = VerifyOne(static_cast<uint64_t>(statement));
    const v1::ErasureTask task = ApproveOne(person.id);
    desk_.faults->FailStatement(statement);
    const absl::Status reported = desk_.Report(task.task_number());
    if (reported.ok()) break;
    ++crashes;
    desk_.Restart();
    ASSERT_THAT(desk_.Start(), IsOk()) << statement;
    ASSERT_THAT(desk_.Report(task.task_number()), IsOk()) << statement;
    ExpectErased(person.id);
  }
  EXPECT_GE(crashes, 8);
}

TEST_F(EraserTest, ACrashWithTheKeyGoneIsNoLostKeyStore) {
  const Person other = VerifyOne(1);
  const Person person = VerifyOne(2);
  const v1::ErasureTask task = ApproveOne(person.id);
  // DESTROYING is stored, the key destroyed; the last transaction is not made.
  using Fault = sql::testing::FaultyDatabase::CommitFault;
  desk_.faults->FailCommit(2, Fault::kNotDone);
  EXPECT_FALSE(desk_.Report(task.task_number()).ok());
  EXPECT_EQ(desk_.ErasureOf(person.id).state(), v1::ERASURE_STATE_DESTROYING);
  EXPECT_EQ(desk_.WrappedKeyOf(person.id), "");
  // Shown as erased already, and coming again waits.
  const auto shown =
      desk_.Get(person.maker.session_id, person.verification.verification_id());
  ASSERT_THAT(shown, IsOk());
  EXPECT_TRUE(shown->erased());
  EXPECT_THAT(desk_.Verify(Again(2)), FailsWith(Reason::ERASURE_UNDER_WAY));
  desk_.Restart();
  ASSERT_THAT(desk_.Start(), IsOk());
  ExpectErased(person.id);
  EXPECT_NE(desk_.WrappedKeyOf(other.id), "");
}

TEST_F(EraserTest, AnUnknownCommitAndAFailedScrubAreMadeGood) {
  using Fault = sql::testing::FaultyDatabase::CommitFault;
  uint64_t number = 0;
  for (const Fault fault :
       {Fault::kNotDone, Fault::kUnknownButDone, Fault::kUnknownNotDone}) {
    for (const int commit : {1, 2}) {
      const Person person = VerifyOne(++number);
      const v1::ErasureTask task = ApproveOne(person.id);
      desk_.faults->FailCommit(commit, fault);
      EXPECT_FALSE(desk_.Report(task.task_number()).ok());
      ASSERT_THAT(desk_.Report(task.task_number()), IsOk());
      ExpectErased(person.id);
    }
    const Person person = VerifyOne(++number);
    const std::string wrapped = desk_.WrappedKeyOf(person.id);
    const v1::ErasureTask task = ApproveOne(person.id);
    desk_.key_faults->FailCommit(1, fault);
    EXPECT_FALSE(desk_.Report(task.task_number()).ok());
    ASSERT_THAT(desk_.Report(task.task_number()), IsOk());
    ExpectErased(person.id);
    EXPECT_EQ(desk_.DatabaseBytes().find(wrapped), std::string::npos);
  }
  // Not erased as long as the bytes may be read.
  const Person person = VerifyOne(++number);
  const v1::ErasureTask task = ApproveOne(person.id);
  desk_.key_faults->FailScrub();
  EXPECT_THAT(desk_.Report(task.task_number()),
              FailsWith(Reason::DATABASE_UNAVAILABLE));
  EXPECT_EQ(desk_.ErasureOf(person.id).state(), v1::ERASURE_STATE_DESTROYING);
  ASSERT_THAT(desk_.Report(task.task_number()), IsOk());
  ExpectErased(person.id);
}

TEST_F(EraserTest, AKeyThatComesBackIsDestroyedAgain) {
  const Person kept = VerifyOne(1);
  const Person person = VerifyOne(2);
  const std::string wrapped = desk_.WrappedKeyOf(person.id);
  const std::string kept_key = desk_.WrappedKeyOf(kept.id);
  ASSERT_THAT(desk_.Report(ApproveOne(person.id).task_number()), IsOk());
  desk_.PutKeyBack(person.id, wrapped);
  EXPECT_NE(desk_.DatabaseBytes().find(wrapped), std::string::npos);
  desk_.Restart();
  ASSERT_THAT(desk_.Start(), IsOk());
  EXPECT_EQ(desk_.WrappedKeyOf(person.id), "");
  EXPECT_EQ(desk_.WrappedKeyOf(kept.id), kept_key);
  EXPECT_EQ(desk_.DatabaseBytes().find(wrapped), std::string::npos);
  EXPECT_NE(desk_.metrics.Text().find("shiming_erased_keys_came_back_total 1"),
            std::string::npos);
  // Nothing to do the next time.
  ASSERT_THAT(desk_.Start(), IsOk());
  EXPECT_NE(desk_.metrics.Text().find("shiming_erased_keys_came_back_total 1"),
            std::string::npos);
}

TEST_F(EraserTest, AKeyThatIsMissingWithoutErasureStillStopsTheService) {
  const Person person = VerifyOne(1);
  ASSERT_THAT(desk_.Report(ApproveOne(person.id).task_number()), IsOk());
  EXPECT_THAT(desk_.Start(), IsOk());
  // Verified, and its key gone: an older key store.
  const auto verified = desk_.Verify(Again(2));
  ASSERT_THAT(verified, IsOk());
  LoseAllKeys(*desk_.key_faults);
  EXPECT_THAT(desk_.Start(), FailsWith(Reason::DATABASE_BEHIND_LEDGER));
}

TEST_F(EraserTest, OfTwoApprovalsAtOnceOneCounts) {
  for (uint64_t round = 1; round <= 10; ++round) {
    const Person person = VerifyOne(round);
    desk_.clock.Advance(kAttestationIsOver);
    const auto proposed = desk_.Propose("officer-1", person.id);
    ASSERT_THAT(proposed, IsOk());
    std::vector<boost::asio::awaitable<absl::StatusOr<v1::Erasure>>> work;
    for (const char* officer : {"officer-2", "officer-3", "officer-4"}) {
      work.push_back(desk_.Approving(officer, proposed->digest()));
    }
    int approved = 0;
    for (const auto& result : sql::testing::RunAll(std::move(work))) {
      if (result.ok()) {
        ++approved;
      } else {
        EXPECT_THAT(result, FailsWith(Reason::PROPOSAL_NOT_WAITING));
      }
    }
    EXPECT_EQ(approved, 1);
    EXPECT_EQ(desk_.Tasks().size(), round);
  }
}

// Either the verification comes first and the approval is refused, or the
// other way round; never both.
TEST_F(EraserTest, ApprovalAndVerificationAtOnceAreOneAfterTheOther) {
  std::set<bool> seen;
  for (uint64_t round = 1; round <= 30; ++round) {
    const Person person = VerifyOne(round);
    desk_.clock.Advance(kAttestationIsOver);
    const auto proposed = desk_.Propose("officer-1", person.id);
    ASSERT_THAT(proposed, IsOk());
    const v1::VerifyIdentityRequest request = Again(round);
    boost::asio::thread_pool pool(2);
    auto approving = boost::asio::co_spawn(
        pool, desk_.Approving("officer-2", proposed->digest()),
        boost::asio::use_future);
    auto verifying = boost::asio::co_spawn(pool, desk_.Verifying(request),
                                           boost::asio::use_future);
    const auto approved = approving.get();
    const auto verified = verifying.get();
    pool.join();
    seen.insert(approved.ok());
    if (approved.ok()) {
      EXPECT_THAT(verified, FailsWith(Reason::ERASURE_UNDER_WAY));
      const auto tasks = desk_.Tasks(last_task_);
      ASSERT_EQ(tasks.size(), 1u);
      last_task_ = tasks[0].task_number();
      EXPECT_THAT(desk_.Report(last_task_), IsOk());
      ExpectErased(person.id);
    } else {
      EXPECT_THAT(approved, FailsWith(Reason::PERSON_HAS_OPEN_VERIFICATION));
      ASSERT_THAT(verified, IsOk());
      EXPECT_EQ(desk_.EventOf(*verified)->person_id(), person.id);
    }
  }
  EXPECT_FALSE(seen.empty());
}

TEST_F(EraserTest, ListsInPages) {
  std::set<std::string> ids;
  for (uint64_t number = 1; number <= 5; ++number) {
    ids.insert(VerifyOne(number).id);
  }
  desk_.clock.Advance(kAttestationIsOver);
  for (const std::string& id : ids) {
    ASSERT_THAT(desk_.Propose("officer-1", id), IsOk());
  }
  std::vector<std::string> listed;
  v1::ListErasuresRequest request;
  request.set_page_size(2);
  do {
    const auto page = desk_.ListErasures(request);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->erasures_size(), 2);
    for (const v1::Erasure& erasure : page->erasures()) {
      listed.push_back(erasure.content().person_id());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, std::vector<std::string>(ids.begin(), ids.end()));
  request.set_page_size(201);
  EXPECT_THAT(desk_.ListErasures(request), FailsWith(Reason::INVALID_REQUEST));
  request.set_page_size(2);
  request.set_page_token("x");
  EXPECT_THAT(desk_.ListErasures(request), FailsWith(Reason::INVALID_REQUEST));
}

}  // namespace
}  // namespace shiming::identity_verification
