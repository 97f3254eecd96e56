// Builds ledgers that no service wrote: canonical entries with real signatures,
// for tests of the offline audit and its benchmark. Every step makes the entry
// that its service would write; an Edit changes it just before it is
// serialised, so that a test plants exactly one lie.
#ifndef SHIMING_TESTS_CONFORMANCE_SYNTHETIC_LEDGER_H_
#define SHIMING_TESTS_CONFORMANCE_SYNTHETIC_LEDGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "shiming/identity/v1/identity_resources.pb.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::conformance {

// K of every synthetic ledger, and the salt of its commitment in LOG_OPENED.
std::string SyntheticPseudonymKey();
std::string SyntheticPseudonymKeySalt();

// A terminal with its display and a clerk, all enrolled.
struct SyntheticCounter {
  std::string shop;
  std::string terminal;  // "<shop>/<terminal>"
  std::string display;   // "<shop>/<display>"
  std::string clerk;
  crypto::SigningKey evidence_key;
  std::string terminal_key_sha256;
  std::string display_key_sha256;
  std::string shift;  // of the last OpenShift
};

// One customer's visit. Tests may change fields between two steps.
struct SyntheticVisit {
  // Where; its keys and ids are copied at OpenSession.
  SyntheticCounter counter;
  std::string session;
  std::string nonce;
  std::string verification;
  std::string attestation;
  std::string person;
  std::string order;
  std::string eid;
  std::string iccid;
  std::string msisdn;
  std::string card_commitment;
  std::string device_commitment;
  std::string consent_commitment;
  std::string permit;
  std::string request_sha256;
  int numbers_elsewhere = 0;
  int64_t ready_version = 0;
  int64_t permit_version = 0;
};

// Not thread-safe. Ids are made in order, so two ledgers that are built alike
// have the same entries but for signatures.
class SyntheticLedger {
 public:
  using Event = ledger::v1::Event;
  using Edit = std::function<void(Event&)>;
  using EvidenceEdit =
      std::function<void(identity::v1::Evidence&, identity::v1::FaceResult&)>;

  // One log of several that follow one another.
  struct Log {
    std::string origin;
    uint64_t begin = 0;  // index of its first entry
  };

  // Opens the first log: entry 0 is LOG_OPENED.
  explicit SyntheticLedger(const Edit& edit = nullptr);

  // LOG_FROZEN, and LOG_OPENED of the log behind it. Indexes count on.
  uint64_t Freeze(const Edit& edit = nullptr);
  uint64_t OpenNext(const Edit& edit = nullptr);

  // --- time: each entry is a second later than the one before
  void SetStep(absl::Duration step) { step_ = step; }
  void Advance(absl::Duration time) { now_ += time; }
  absl::Time now() const { return now_; }

  // --- enrollment, by admin-1 and admin-2
  void EnrollShop(const std::string& shop);
  SyntheticCounter EnrollCounter(const std::string& shop,
                                 const std::string& suffix);
  // One act: "PROPOSED", "APPROVED" or "REVOKED" on "terminal/demo/t1".
  uint64_t Act(const SyntheticCounter& counter, std::string_view subject_kind,
               std::string_view act, const Edit& edit = nullptr);

  // --- steps of docs/issuance_cycle.md; all return the index of the entry
  uint64_t OpenShift(SyntheticCounter& counter, const Edit& edit = nullptr);
  uint64_t CloseShift(const SyntheticCounter& counter,
                      ledger::v1::SessionEnd end, const Edit& edit = nullptr);
  uint64_t LockClerk(const SyntheticCounter& counter);
  SyntheticVisit OpenSession(const SyntheticCounter& counter,
                             const Edit& edit = nullptr);
  uint64_t Verify(SyntheticVisit& visit, const Edit& edit = nullptr,
                  const EvidenceEdit& evidence_edit = nullptr);
  uint64_t Refuse(SyntheticVisit& visit, const std::string& reason,
                  const Edit& edit = nullptr);
  uint64_t Place(SyntheticVisit& visit, const Edit& edit = nullptr);
  uint64_t Ready(SyntheticVisit& visit, const Edit& edit = nullptr);
  uint64_t Permit(SyntheticVisit& visit, const Edit& edit = nullptr);
  uint64_t Reveal(SyntheticVisit& visit, const Edit& edit = nullptr);
  uint64_t Progress(SyntheticVisit& visit, int point,
                    const std::string& status_code, const Edit& edit = nullptr);
  uint64_t Install(SyntheticVisit& visit, const Edit& edit = nullptr);
  uint64_t Alarm(SyntheticVisit& visit, const std::string& reason,
                 const std::string& status_code);
  // ORDER_CLOSED, ORDER_CANCELLED, ORDER_EXPIRED, ORDER_FAILED, ORDER_FROZEN.
  uint64_t EndOrder(SyntheticVisit& visit, ledger::v1::EventKind kind,
                    const Edit& edit = nullptr);
  uint64_t CloseSession(const SyntheticVisit& visit, ledger::v1::SessionEnd end,
                        const Edit& edit = nullptr);

  // PERSON_ERASED of the visit's person, by officer-1 and officer-2, behind the
  // verification and the order's last event.
  uint64_t Erase(const SyntheticVisit& visit, const Edit& edit = nullptr);

  // DATABASE_REPAIRED of that service, by admin-1 and admin-2, who signed a
  // plan for all entries so far.
  uint64_t Repair(std::string_view source, const Edit& edit = nullptr);

  // A whole visit, from SESSION_OPENED to ORDER_CLOSED and SESSION_CLOSED.
  SyntheticVisit Issue(const SyntheticCounter& counter);
  // The same up to ORDER_PLACED, and up to ORDER_READY.
  SyntheticVisit PlaceOne(const SyntheticCounter& counter);
  SyntheticVisit ReadyOne(const SyntheticCounter& counter);

  // An event of any kind: numbers it, gives it the time, applies `edit`.
  uint64_t Append(std::string_view source, std::string_view aggregate,
                  ledger::v1::EventKind kind, Event event,
                  const Edit& edit = nullptr);
  // Bytes as they are.
  uint64_t AppendBytes(std::string bytes);

  // Takes the last entry out again: it reaches the log later, by AppendBytes.
  std::string TakeBack();

  const std::vector<Log>& logs() const { return logs_; }
  // Those of one log, by its place in logs().
  std::vector<std::string> EntriesOf(size_t log) const;
  // Those of all logs.
  const std::vector<std::string>& entries() const { return entries_; }
  uint64_t size() const { return entries_.size(); }
  uint64_t last() const { return entries_.size() - 1; }
  // The latest event of an aggregate.
  ledger::v1::EventId Latest(std::string_view source,
                             std::string_view aggregate) const;
  // A fresh id, 32 hex digits.
  std::string NewId();

 private:
  Event OrderEvent(const SyntheticVisit& visit) const;
  Event SessionEvent(const SyntheticVisit& visit) const;
  void SetIdentity(SyntheticVisit& visit, const EvidenceEdit& evidence_edit,
                   Event* event);

  absl::Time now_;
  absl::Duration step_ = absl::Seconds(1);
  uint64_t ids_ = 0;
  void Open(const std::string& origin, Event event, const Edit& edit);

  std::vector<Log> logs_;
  std::vector<std::string> entries_;
  std::map<std::string, int64_t> versions_;
  std::map<std::string, int64_t> approved_versions_;
  std::map<std::string, Event> proposals_;
  std::map<std::string, int> live_;
  crypto::SigningKey face_key_;
};

// The same ledgers as the files of a log, signed by a key that depends on the
// origin alone.
class SyntheticLog {
 public:
  static constexpr std::string_view kOrigin = "log.example/shiming";

  explicit SyntheticLog(std::string directory,
                        std::string origin = std::string(kOrigin));

  // The verifier key.
  std::string vkey() const;
  // Writes what is new since the last call, and a checkpoint over all.
  absl::Status Publish(const std::vector<std::string>& entries);

 private:
  const std::string directory_;
  const std::string origin_;
};

// All logs of a ledger, each in a folder of its own below `folder`.
struct PublishedLogs {
  std::vector<std::string> folders;  // oldest first
  std::string policy_file;           // trusts the keys of all
};
absl::StatusOr<PublishedLogs> PublishLogs(const SyntheticLedger& ledger,
                                          const std::string& folder);

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_SYNTHETIC_LEDGER_H_
