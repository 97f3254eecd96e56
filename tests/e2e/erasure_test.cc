// Goal: a person who was issued an eSIM is erased by two officers; no key is
// left, what is no longer answerable says so, and log and receipt still verify.
// Method: the real binaries, shimingctl as officers type it, files of the
// databases as an operator restores them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/files/file.h"
#include "common/rpc/client.h"
#include "common/time/date.h"
#include "ledger/audit_reader.h"
#include "ledger/note.h"
#include "ledger/policy.h"
#include "shiming/config/v1/identity_verification_config.pb.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/command.h"
#include "tests/e2e/e2e_test_base.h"
#include "tests/e2e/edit_config.h"
#include "tests/e2e/prove.h"

namespace shiming::e2e {
namespace {

using config::v1::IdentityVerificationConfig;
namespace fs = std::filesystem;

constexpr absl::Duration kPatience = absl::Seconds(30);

// A database with its WAL, as a backup takes it while nobody writes.
class Backup {
 public:
  Backup(const shimingctl::Layout& layout, const std::string& name)
      : folder_(layout.data + "/db"),
        name_(name),
        copy_(layout.data + "/backup-" + name) {
    fs::create_directories(copy_);
    Copy(folder_, copy_);
  }
  void Restore() const {
    for (const char* suffix : {".db", ".db-wal", ".db-shm"}) {
      fs::remove(folder_ / (name_ + suffix));
    }
    Copy(copy_, folder_);
  }

 private:
  void Copy(const fs::path& from, const fs::path& to) const {
    for (const char* suffix : {".db", ".db-wal", ".db-shm"}) {
      const fs::path file = from / (name_ + suffix);
      if (fs::exists(file)) {
        fs::copy_file(file, to / file.filename(),
                      fs::copy_options::overwrite_existing);
      }
    }
  }

  const fs::path folder_;
  const std::string name_;
  const fs::path copy_;
};

class ErasureTest : public testing::TestWithParam<Mode> {
 protected:
  void Start(bool keep_for_two_years = false) {
    auto cluster = Cluster::Start(
        {.mode = GetParam(),
         .configure = [keep_for_two_years](const shimingctl::Layout& layout) {
           return EditConfig<IdentityVerificationConfig>(
               layout.Config("identity_verification.textproto"),
               [&](IdentityVerificationConfig& config) {
                 config.set_attestation_minutes(1);
                 config.set_insecure_no_identity_retention(!keep_for_two_years);
               });
         }});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    ShopFloor::Options options;
    options.patience = kPatience;
    auto floor = ShopFloor::Open(*cluster_, cluster_->counter(), options);
    ASSERT_TRUE(floor.ok()) << floor.status();
    floor_ = *std::move(floor);
    ASSERT_TRUE(floor_->SignIn().ok());
  }

  // Issues a code for the customer; the order.
  std::string Revealed(const shiming_terminal::SyntheticCustomer& customer) {
    auto order_id = floor_->ReadyOrder(customer);
    EXPECT_TRUE(order_id.ok()) << order_id.status();
    if (!order_id.ok()) return "";
    EXPECT_TRUE(floor_->Reveal(*order_id).ok());
    return *order_id;
  }

  void Cancel(const std::string& order_id) {
    EXPECT_TRUE(floor_->Run(floor_->terminal().CancelOrder(order_id)).ok());
    const auto order =
        floor_->WaitFor(order_id, order::v1::PROFILE_ORDER_STATE_CANCELLED);
    ASSERT_TRUE(order.ok()) << order.status();
    EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_CANCELLED);
  }

  ledger::v1::Event VerifiedOf(const std::string& session_id) {
    ledger::v1::EntryFilter filter;
    filter.set_session(session_id);
    const auto is_verified = [](const ledger::v1::Event& event) {
      return event.kind() == ledger::v1::EVENT_KIND_IDENTITY_VERIFIED;
    };
    const auto events = WaitForEntries(*cluster_, filter, [&](const auto& all) {
      return std::any_of(all.begin(), all.end(), is_verified);
    });
    EXPECT_TRUE(events.ok()) << events.status();
    if (!events.ok()) return {};
    const auto found =
        std::find_if(events->begin(), events->end(), is_verified);
    return found == events->end() ? ledger::v1::Event() : *found;
  }

  CommandResult Erase(const std::string& officer,
                      const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {"tools/shimingctl/shimingctl",
                                          "erase"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    for (const std::string& word :
         {std::string("--data"), cluster_->layout().data, std::string("--as"),
          officer}) {
      arguments.push_back(word);
    }
    return RunCommand(arguments);
  }

  std::string Propose(const std::string& person) {
    const CommandResult result =
        Erase("officer-1", {"propose", person, "--basis", "person-request",
                            "--case", "case/2026-1"});
    EXPECT_EQ(result.exit_code, 0) << result;
    return result.out.substr(0, result.out.find('\n'));
  }

  // The person's line of `erase list`, once it has that state.
  std::string WaitForState(const std::string& person,
                           const std::string& state) {
    const absl::Time deadline = absl::Now() + kPatience;
    std::string line;
    do {
      const CommandResult listed = Erase("officer-2", {"list"});
      EXPECT_EQ(listed.exit_code, 0) << listed;
      for (absl::string_view one : absl::StrSplit(listed.out, '\n')) {
        if (one.substr(0, person.size()) == person) line = std::string(one);
      }
      if (line.find(" " + state + " ") != std::string::npos) break;
    } while (absl::Now() < deadline);
    EXPECT_NE(line.find(" " + state + " "), std::string::npos) << line;
    return line;
  }

  ledger::TrustPolicy Policy() {
    std::string vkey = *ReadFile(cluster_->layout().Key("ledger.vkey"));
    vkey.pop_back();
    return ledger::TrustPolicy::ForLog(*ledger::NoteVerifier::Parse(vkey));
  }

  std::string ReasonOfReceipt(const std::string& order_id) {
    return ReasonText(
        floor_->Run(floor_->terminal().GetReceipt(order_id)).status());
  }

  int64_t CameBack() {
    const std::string process =
        GetParam() == Mode::kAllInOne ? "shimingd" : "identity_verification";
    const auto metrics = cluster_->AdminGet(process, "/metrics");
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    if (!metrics.ok()) return -1;
    const std::string name = "\nshiming_erased_keys_came_back_total ";
    const size_t at = metrics->body.find(name);
    return at == std::string::npos
               ? 0
               : atoi(metrics->body.c_str() + at + name.size());
  }

  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<ShopFloor> floor_;
};

TEST_P(ErasureTest, ErasedAndTheLogStillVerifies) {
  Start();
  if (HasFatalFailure()) return;
  const auto customer = ShopFloor::NewCustomer();
  const std::string order_id = Revealed(customer);
  ASSERT_NE(order_id, "");
  auto receipt = floor_->Run(floor_->terminal().GetReceipt(order_id));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  const std::string session_id = floor_->terminal().session_id();
  const ledger::v1::Event verified = VerifiedOf(session_id);
  const std::string person = verified.person_id();
  ASSERT_EQ(person.size(), 32u);

  // What stands against it, from the command line.
  CommandResult refused =
      Erase("officer-1", {"propose", person, "--basis", "person-request",
                          "--case", "case/2026-1"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("PERSON_HAS_OPEN_VERIFICATION"), std::string::npos)
      << refused;
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Minutes(2)).ok());
  std::string digest = Propose(person);
  ASSERT_EQ(digest.size(), 64u);
  refused = Erase("officer-1", {"approve", digest});
  EXPECT_NE(refused.err.find("SAME_OFFICER"), std::string::npos) << refused;
  EXPECT_EQ(Erase("officer-2", {"approve", digest}).exit_code, 0);
  EXPECT_NE(WaitForState(person, "refused").find("PERSON_HAS_OPEN_ORDERS"),
            std::string::npos);
  // Nothing was erased.
  EXPECT_TRUE(floor_->Run(floor_->terminal().GetReceipt(order_id)).ok());

  Cancel(order_id);
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Minutes(3)).ok());
  // A backup of the keys, taken before.
  cluster_->KillAll();
  const Backup keys(cluster_->layout(), "identity_keys");
  const Backup orders(cluster_->layout(), "profile_order");
  ASSERT_TRUE(cluster_->StartAll().ok());

  digest = Propose(person);
  const Date earliest = Date::Of(floor_->clock().Now()).PlusDays(30);
  EXPECT_EQ(Erase("officer-2", {"approve", digest}).exit_code, 0);
  const std::string line = WaitForState(person, "erased");
  const Date latest = Date::Of(floor_->clock().Now()).PlusDays(30);
  const std::string before_day = "last backup of the keys gone on ";
  ASSERT_NE(line.find(before_day), std::string::npos) << line;
  const std::string day =
      line.substr(line.find(before_day) + before_day.size(), 10);
  EXPECT_GE(day, earliest.ToIso());
  EXPECT_LE(day, latest.ToIso());

  // On the record, and behind everything that happened to the person.
  ledger::v1::EntryFilter filter;
  filter.mutable_id()->set_source("identity_verification");
  filter.mutable_id()->set_aggregate("person/" + person);
  filter.mutable_id()->set_version(1);
  const auto erased = WaitForEntries(
      *cluster_, filter, [](const auto& events) { return !events.empty(); });
  ASSERT_TRUE(erased.ok()) << erased.status();
  ASSERT_EQ(erased->size(), 1u);
  EXPECT_EQ((*erased)[0].person_id(), person);
  EXPECT_EQ((*erased)[0].admin(), "/officer/officer-2");
  EXPECT_EQ((*erased)[0].erasure().proposed_by(), "/officer/officer-1");
  EXPECT_EQ((*erased)[0].erasure().last_backup_day(), day);
  EXPECT_EQ((*erased)[0].after_size(), 2);

  // What is no longer answerable is said so.
  EXPECT_EQ(ReasonOfReceipt(order_id), "OPENING_ERASED");
  identity::v1::GetVerificationRequest get;
  get.set_shift_token(floor_->terminal().shift_token());
  get.set_session_id(session_id);
  get.set_verification_id(verified.verification());
  const rpc::CallOptions options{.deadline = absl::Now() + absl::Seconds(20)};
  const auto verification =
      floor_->Run(rpc::Invoke<identity::v1::GetVerificationResponse>(
          floor_->terminal().identity_stub(),
          &identity::v1::IdentityVerificationService::Stub::async_interface::
              GetVerification,
          get, options));
  ASSERT_TRUE(verification.ok()) << verification.status();
  EXPECT_TRUE(verification->verification().erased());
  EXPECT_EQ(verification->verification().masked_name(), "");

  // The customer's receipt and the whole log still verify.
  const ledger::TrustPolicy policy = Policy();
  const std::vector<ledger::v1::CommitmentOpening> openings(
      receipt->openings().begin(), receipt->openings().end());
  EXPECT_TRUE(ledger::VerifyReceipt(receipt->receipt().entry(),
                                    receipt->receipt().tlog_proof(), openings,
                                    policy)
                  .ok());
  const auto log =
      ledger::VerifyLog(ledger::FilesBelow(cluster_->layout().Log()), policy);
  EXPECT_TRUE(log.ok()) << log.status();
  const auto proven = ProveWhenRevealed(*cluster_, 1);
  ASSERT_TRUE(proven.ok()) << proven.status();
  EXPECT_EQ(proven->exit_code, 0) << proven->report;
  EXPECT_EQ(proven->codes_proven, 1u);

  // The older copies are put back: what they bring back is destroyed again.
  cluster_->KillAll();
  keys.Restore();
  orders.Restore();
  ASSERT_TRUE(cluster_->StartAll().ok());
  EXPECT_EQ(CameBack(), 1);
  const absl::Time deadline = absl::Now() + kPatience;
  while (ReasonOfReceipt(order_id) == "OK" && absl::Now() < deadline) {
  }
  EXPECT_EQ(ReasonOfReceipt(order_id), "OPENING_ERASED");

  // The same document comes again, as a new person.
  ASSERT_TRUE(floor_->Run(floor_->terminal().CloseSession()).ok());
  ASSERT_TRUE(floor_->Run(floor_->terminal().StartSession()).ok());
  ASSERT_TRUE(floor_->VerifyAndReserve(customer).ok());
  EXPECT_NE(VerifiedOf(floor_->terminal().session_id()).person_id(), person);
}

TEST_P(ErasureTest, TheLawKeepsWhatIsYoungerThanTwoYears) {
  Start(/*keep_for_two_years=*/true);
  if (HasFatalFailure()) return;
  const std::string order_id = Revealed(ShopFloor::NewCustomer());
  ASSERT_NE(order_id, "");
  const std::string person =
      VerifiedOf(floor_->terminal().session_id()).person_id();
  Cancel(order_id);
  const Date today = Date::Of(floor_->clock().Now());
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Hours(24 * 729)).ok());
  EXPECT_EQ(Erase("officer-2", {"approve", Propose(person)}).exit_code, 0);
  const std::string line = WaitForState(person, "refused");
  EXPECT_NE(
      line.find("RETENTION_NOT_OVER until " + today.PlusDays(730).ToIso()),
      std::string::npos)
      << line;
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Hours(24 * 731)).ok());
  EXPECT_EQ(Erase("officer-2", {"approve", Propose(person)}).exit_code, 0);
  WaitForState(person, "erased");
}

INSTANTIATE_TEST_SUITE_P(Modes, ErasureTest,
                         testing::Values(Mode::kAllInOne, Mode::kSeparate),
                         [](const auto& info) {
                           return info.param == Mode::kAllInOne ? "AllInOne"
                                                                : "Separate";
                         });

}  // namespace
}  // namespace shiming::e2e
