// The profiles of the simulated SM-DP+ and what ES2+ and devices may do with
// them: SGP.22 v2.2 §3.1.6 (states), §5.3 (functions), §5.6.3 (EID binding).
// Pure state: no clock, no files, no network.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_PROFILE_BOOK_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_PROFILE_BOOK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/crypto/random.h"

namespace shiming::smdp_plus {

// SGP.22 v2.2 §3.1.6.
enum class ProfileState {
  kAvailable,
  kAllocated,
  kLinked,
  kConfirmed,
  kReleased,
  kDownloaded,
  kInstalled,
  kError,
  kUnavailable,
};

// "Available", as the specification writes it.
std::string_view NameOf(ProfileState state);
std::optional<ProfileState> ProfileStateByName(std::string_view name);

// Subject and reason code (SGP.22 v2.2 §5.2.6), with a text for people.
struct StatusCode {
  std::string subject;
  std::string reason;
  std::string message;
};

// A function's failure; absent when it was executed.
using Failure = std::optional<StatusCode>;

// One profile in stock and the order on it, if there is one. All text is in
// its canonical form (ICCID without F).
struct Profile {
  std::string iccid;
  std::string profile_type;
  ProfileState state = ProfileState::kAvailable;
  std::string eid;  // "" while not bound
  // Absent before confirmOrder; "" for the default SM-DP+ use.
  std::optional<std::string> matching_id;
  std::string confirmation_hash;  // SHA-256 of the confirmation code, or ""
  int download_attempts = 0;
  int confirmation_failures = 0;
  // Why the order ended in Error; given to devices that still ask.
  StatusCode error;
  // Second of the newest notice per "point/status": the next one of the same
  // kind is at least a second later, so that receivers can tell them apart.
  std::map<std::string, int64_t> notice_seconds;
};

// A notice (handleDownloadProgressInfo) that has to reach the other party.
struct Notice {
  std::string id;  // functionCallIdentifier, the same on each repetition
  std::string iccid;
  std::string profile_type;
  std::string eid;  // of the asking eUICC
  int point = 0;    // 1 eligibility, 2 confirmation, 3 download, 4 installation
  Failure failure;
  int64_t time_seconds = 0;  // since 1970 UTC
};

// What one call changed: it has to be durable before the call is answered.
struct Changes {
  std::vector<Profile> profiles;
  std::vector<Notice> notices;
};

struct DownloadOrder {
  std::string eid;
  std::string iccid;
  std::string profile_type;
};

struct ConfirmOrder {
  std::string iccid;
  std::string eid;
  std::optional<std::string> matching_id;
  std::string confirmation_code;
  std::string smds_address;
  bool release = false;
};

struct CancelOrder {
  std::string iccid;
  std::string eid;
  std::string matching_id;
  bool back_to_stock = false;  // finalProfileStatusIndicator "Available"
};

// How a device goes on once the profile is granted to it.
enum class DeviceOutcome {
  kInstalls,
  kInstallFails,  // the eUICC reports an error: point 4 Failed
  kStops,         // power off after the download: no result is ever reported
  kUserRefuses,   // cancels with "end user rejection"
  kNotEligible,   // fails the eligibility check
};

struct DeviceDownload {
  std::string eid;
  std::optional<std::string> matching_id;  // absent: asks by its EID alone
  std::string confirmation_code;
  DeviceOutcome outcome = DeviceOutcome::kInstalls;
  int64_t now_seconds = 0;  // since 1970 UTC, stamped on the notices
};

// What the device got.
struct DeviceResult {
  enum class Kind { kInstalled, kDownloaded, kRefused, kFailed };
  Kind kind = Kind::kRefused;
  Failure failure;    // with kRefused and kFailed
  std::string iccid;  // of the order that was found, or ""
};

// Not thread-safe. Each call either fails without effect on any profile (but
// counters and notices where the specification wants them) or succeeds whole,
// and adds what changed to `changes`.
class ProfileBook {
 public:
  struct Options {
    crypto::Random* random = nullptr;  // for matching ids and notice ids
    int download_limit = 10;           // attempts per order
    int confirmation_limit = 3;        // wrong confirmation codes per order
    // Points whose success is told to the other party; failures always are.
    std::set<int> success_points = {1, 3, 4};
  };

  explicit ProfileBook(Options options);

  // Stock: does nothing if the ICCID is known.
  void AddStock(const std::string& iccid, const std::string& profile_type);
  // Puts a profile as it was stored.
  void Restore(const Profile& profile);

  // `iccid` is set on success.
  Failure Download(const DownloadOrder& order, std::string& iccid,
                   Changes& changes);
  // `result` is the profile after success.
  Failure Confirm(const ConfirmOrder& order, Profile& result, Changes& changes);
  Failure Cancel(const CancelOrder& order, Changes& changes);
  Failure Release(const std::string& iccid, Changes& changes);

  // A device asks at ES9+ and, if it is served, goes on as told.
  DeviceResult DownloadToDevice(const DeviceDownload& download,
                                Changes& changes);

  // nullptr if unknown; valid until the next change.
  const Profile* Find(const std::string& iccid) const;
  // All profiles that have been touched, ordered by ICCID.
  std::vector<Profile> Touched() const;
  // Number of profiles per state.
  std::map<ProfileState, int> CountByState() const;

 private:
  void Save(Profile profile, Changes& changes);
  void Index(const Profile& profile, bool add);
  Failure CheckConfirm(const ConfirmOrder& order, const Profile& profile) const;
  // The order that the device may mean, or the refusal.
  Failure FindForDevice(const DeviceDownload& download,
                        const Profile*& found) const;
  // A pending order bound to the EID, a fetchable one if there is one.
  const Profile* FindPendingOfEid(const std::string& eid) const;
  Failure CheckConfirmationCode(const DeviceDownload& download,
                                Profile& profile) const;
  void AddNotice(Profile& profile, const DeviceDownload& download, int point,
                 Failure failure, Changes& changes);
  // Ends the order in Error and tells so.
  DeviceResult EndInError(Profile profile, const DeviceDownload& download,
                          int point, StatusCode code, Changes& changes);

  const Options options_;
  std::unordered_map<std::string, Profile> profiles_;
  std::unordered_map<std::string, std::string> iccid_by_matching_id_;
  std::unordered_map<std::string, std::set<std::string>> iccids_by_eid_;
  std::map<std::string, std::set<std::string>> available_by_type_;
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_PROFILE_BOOK_H_
