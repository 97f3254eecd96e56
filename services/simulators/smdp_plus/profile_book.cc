#include "services/simulators/smdp_plus/profile_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/ids/ids.h"

namespace shiming::smdp_plus {
namespace {

constexpr std::array<std::string_view, 9> kStateNames = {
    "Available",  "Allocated", "Linked", "Confirmed",  "Released",
    "Downloaded", "Installed", "Error",  "Unavailable"};

// Points of handleDownloadProgressInfo (SGP.22 v2.2 Table 32a).
constexpr int kEligibility = 1;
constexpr int kConfirmation = 2;
constexpr int kDownload = 3;
constexpr int kInstallation = 4;

// Random bytes of a matching id that this side makes: 128 bits.
constexpr size_t kMatchingIdBytes = 16;

StatusCode UnknownIccid() { return {"8.2.1", "3.9", "the ICCID is unknown"}; }

StatusCode RefusedMatchingId() {
  return {"8.2.6", "3.8", "no pending order for this device and matching ID"};
}

bool IsMatchingIdText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// An order that a device could still fetch now or later.
bool IsPending(ProfileState state) {
  return state == ProfileState::kLinked || state == ProfileState::kAllocated ||
         state == ProfileState::kConfirmed ||
         state == ProfileState::kReleased || state == ProfileState::kDownloaded;
}

bool IsFetchable(ProfileState state) {
  return state == ProfileState::kReleased || state == ProfileState::kDownloaded;
}

DeviceResult Refused(StatusCode code, std::string iccid) {
  DeviceResult result;
  result.failure = std::move(code);
  result.iccid = std::move(iccid);
  return result;
}

}  // namespace

std::string_view NameOf(ProfileState state) {
  return kStateNames[static_cast<size_t>(state)];
}

std::optional<ProfileState> ProfileStateByName(std::string_view name) {
  for (size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) return static_cast<ProfileState>(i);
  }
  return std::nullopt;
}

ProfileBook::ProfileBook(Options options) : options_(std::move(options)) {}

void ProfileBook::AddStock(const std::string& iccid,
                           const std::string& profile_type) {
  auto [place, added] = profiles_.try_emplace(iccid);
  if (!added) return;
  place->second.iccid = iccid;
  place->second.profile_type = profile_type;
  Index(place->second, true);
}

void ProfileBook::Restore(const Profile& profile) {
  auto [place, added] = profiles_.try_emplace(profile.iccid);
  if (!added) Index(place->second, false);
  place->second = profile;
  Index(profile, true);
}

void ProfileBook::Index(const Profile& profile, bool add) {
  const auto set = [add](auto& index, const std::string& key,
                         const std::string& iccid) {
    if (add) {
      index[key].insert(iccid);
      return;
    }
    auto place = index.find(key);
    if (place != index.end()) place->second.erase(iccid);
  };
  auto& of_type = available_by_type_[profile.profile_type];
  if (profile.state == ProfileState::kAvailable) {
    if (add) {
      of_type.insert(profile.iccid);
    } else {
      of_type.erase(profile.iccid);
    }
  }
  if (!profile.eid.empty()) set(iccids_by_eid_, profile.eid, profile.iccid);
  if (profile.matching_id.has_value() && !profile.matching_id->empty()) {
    if (add) {
      iccid_by_matching_id_[*profile.matching_id] = profile.iccid;
    } else {
      iccid_by_matching_id_.erase(*profile.matching_id);
    }
  }
}

void ProfileBook::Save(Profile profile, Changes& changes) {
  Restore(profile);
  changes.profiles.push_back(std::move(profile));
}

const Profile* ProfileBook::Find(const std::string& iccid) const {
  auto place = profiles_.find(iccid);
  return place == profiles_.end() ? nullptr : &place->second;
}

Failure ProfileBook::Download(const DownloadOrder& order, std::string& iccid,
                              Changes& changes) {
  const auto of_type = available_by_type_.find(order.profile_type);
  if (!order.profile_type.empty() && of_type == available_by_type_.end()) {
    return StatusCode{"8.2.5", "3.9", "the profile type is unknown"};
  }
  const Profile* found = nullptr;
  if (!order.iccid.empty()) {
    found = Find(order.iccid);
    if (found == nullptr) return UnknownIccid();
    if (!order.profile_type.empty() &&
        found->profile_type != order.profile_type) {
      return StatusCode{"8.2.5", "3.8", "the ICCID is of another type"};
    }
    if (found->state != ProfileState::kAvailable) {
      return StatusCode{"8.2.1", "3.3", "the profile is not available"};
    }
  } else {
    if (of_type->second.empty()) {
      return StatusCode{"8.2.5", "3.7", "no profile of this type is left"};
    }
    found = Find(*of_type->second.begin());
  }
  Profile profile;
  profile.iccid = found->iccid;
  profile.profile_type = found->profile_type;
  profile.notice_seconds = found->notice_seconds;
  profile.eid = order.eid;
  profile.state =
      order.eid.empty() ? ProfileState::kAllocated : ProfileState::kLinked;
  iccid = profile.iccid;
  Save(std::move(profile), changes);
  return std::nullopt;
}

Failure ProfileBook::CheckConfirm(const ConfirmOrder& order,
                                  const Profile& profile) const {
  if (order.matching_id.has_value() && !IsMatchingIdText(*order.matching_id)) {
    return StatusCode{"8.2.6", "2.1", "a character is not allowed"};
  }
  if (!order.eid.empty() && !profile.eid.empty() && order.eid != profile.eid) {
    return StatusCode{"8.1.1", "3.10", "another EID is on the order"};
  }
  const bool has_eid = !order.eid.empty() || !profile.eid.empty();
  const bool needs_eid =
      !order.smds_address.empty() ||
      (order.matching_id.has_value() && order.matching_id->empty());
  if (needs_eid && !has_eid) {
    return StatusCode{"8.1.1", "2.2", "the EID is needed here"};
  }
  if (order.matching_id.has_value() &&
      iccid_by_matching_id_.count(*order.matching_id) > 0) {
    return StatusCode{"8.2.6", "3.3", "the matching ID is in use"};
  }
  if (profile.state != ProfileState::kAllocated &&
      profile.state != ProfileState::kLinked) {
    return StatusCode{"8.2.1", "3.5", "there is no order to confirm"};
  }
  if (!order.smds_address.empty()) {
    return StatusCode{"8.9", "5.1", "this SM-DP+ reaches no SM-DS"};
  }
  return std::nullopt;
}

Failure ProfileBook::Confirm(const ConfirmOrder& order, Profile& result,
                             Changes& changes) {
  const Profile* found = Find(order.iccid);
  if (found == nullptr) return UnknownIccid();
  if (Failure failure = CheckConfirm(order, *found); failure.has_value()) {
    return failure;
  }
  Profile profile = *found;
  if (!order.eid.empty()) profile.eid = order.eid;
  if (order.matching_id.has_value()) {
    profile.matching_id = order.matching_id;
  } else {
    std::string made = crypto::ToHex(options_.random->Bytes(kMatchingIdBytes));
    std::transform(made.begin(), made.end(), made.begin(), [](char c) {
      return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    profile.matching_id = std::move(made);
  }
  if (!order.confirmation_code.empty()) {
    profile.confirmation_hash = crypto::Sha256(order.confirmation_code);
  }
  profile.state =
      order.release ? ProfileState::kReleased : ProfileState::kConfirmed;
  result = profile;
  Save(std::move(profile), changes);
  return std::nullopt;
}

Failure ProfileBook::Cancel(const CancelOrder& order, Changes& changes) {
  const Profile* found = Find(order.iccid);
  if (found == nullptr || found->state == ProfileState::kAvailable ||
      found->state == ProfileState::kUnavailable) {
    return StatusCode{"8.2.1", "3.9", "there is no order on this ICCID"};
  }
  if (found->state == ProfileState::kDownloaded ||
      found->state == ProfileState::kInstalled) {
    return StatusCode{"8.2.1", "3.3", "the profile is already downloaded"};
  }
  if (!found->eid.empty() && found->eid != order.eid) {
    return StatusCode{"8.2.1", "3.10", "another EID is on the order"};
  }
  if (found->matching_id.value_or("") != order.matching_id) {
    return StatusCode{"8.2.6", "3.10", "another matching ID is on the order"};
  }
  Profile profile;
  profile.iccid = found->iccid;
  profile.profile_type = found->profile_type;
  profile.notice_seconds = found->notice_seconds;
  profile.state = order.back_to_stock ? ProfileState::kAvailable
                                      : ProfileState::kUnavailable;
  Save(std::move(profile), changes);
  return std::nullopt;
}

Failure ProfileBook::Release(const std::string& iccid, Changes& changes) {
  const Profile* found = Find(iccid);
  if (found == nullptr) return UnknownIccid();
  if (found->state == ProfileState::kReleased) return std::nullopt;
  if (found->state != ProfileState::kConfirmed) {
    return StatusCode{"8.2.1", "3.5", "it cannot be released from here"};
  }
  Profile profile = *found;
  profile.state = ProfileState::kReleased;
  Save(std::move(profile), changes);
  return std::nullopt;
}

const Profile* ProfileBook::FindPendingOfEid(const std::string& eid) const {
  const auto place = iccids_by_eid_.find(eid);
  if (place == iccids_by_eid_.end()) return nullptr;
  const Profile* found = nullptr;
  for (const std::string& iccid : place->second) {
    const Profile* candidate = Find(iccid);
    if (!IsPending(candidate->state)) continue;
    if (found == nullptr || IsFetchable(candidate->state)) found = candidate;
  }
  return found;
}

// SGP.22 v2.2 §5.6.3: the matching ID leads to its order; without one, or with
// the empty one, the EID does.
Failure ProfileBook::FindForDevice(const DeviceDownload& download,
                                   const Profile*& found) const {
  const Profile* of_eid = FindPendingOfEid(download.eid);
  if (download.matching_id.value_or("").empty()) {
    if (of_eid == nullptr) return RefusedMatchingId();
    found = of_eid;
    return std::nullopt;
  }
  const auto place = iccid_by_matching_id_.find(*download.matching_id);
  if (place == iccid_by_matching_id_.end()) return RefusedMatchingId();
  found = Find(place->second);
  // An eUICC with an order of its own cannot take one that is bound to nobody.
  if (found->eid.empty() && of_eid != nullptr) return RefusedMatchingId();
  if (found->state == ProfileState::kError) return found->error;
  if (!IsPending(found->state)) return RefusedMatchingId();
  return std::nullopt;
}

void ProfileBook::AddNotice(Profile& profile, const DeviceDownload& download,
                            int point, Failure failure, Changes& changes) {
  if (!failure.has_value() && options_.success_points.count(point) == 0) {
    return;
  }
  std::string kind = std::to_string(point);
  if (failure.has_value()) {
    kind += "/" + failure->subject + "/" + failure->reason;
  }
  int64_t& newest = profile.notice_seconds[kind];
  newest = std::max(newest + 1, download.now_seconds);
  Notice notice;
  notice.id = NewUuid(*options_.random);
  notice.iccid = profile.iccid;
  notice.profile_type = profile.profile_type;
  notice.eid = download.eid;
  notice.point = point;
  notice.failure = std::move(failure);
  notice.time_seconds = newest;
  changes.notices.push_back(std::move(notice));
}

DeviceResult ProfileBook::EndInError(Profile profile,
                                     const DeviceDownload& download, int point,
                                     StatusCode code, Changes& changes) {
  profile.state = ProfileState::kError;
  profile.error = code;
  AddNotice(profile, download, point, code, changes);
  DeviceResult result = Refused(std::move(code), profile.iccid);
  if (point >= kDownload) result.kind = DeviceResult::Kind::kFailed;
  Save(std::move(profile), changes);
  return result;
}

Failure ProfileBook::CheckConfirmationCode(const DeviceDownload& download,
                                           Profile& profile) const {
  if (profile.confirmation_hash.empty()) return std::nullopt;
  if (download.confirmation_code.empty()) {
    return StatusCode{"8.2.7", "2.2", "a confirmation code is needed"};
  }
  if (crypto::Sha256(download.confirmation_code) == profile.confirmation_hash) {
    return std::nullopt;
  }
  ++profile.confirmation_failures;
  if (profile.confirmation_failures >= options_.confirmation_limit) {
    return StatusCode{"8.2.7", "6.4", "too many wrong confirmation codes"};
  }
  return StatusCode{"8.2.7", "3.8", "the confirmation code is wrong"};
}

DeviceResult ProfileBook::DownloadToDevice(const DeviceDownload& download,
                                           Changes& changes) {
  // (1) The order.
  const Profile* found = nullptr;
  if (Failure failure = FindForDevice(download, found); failure.has_value()) {
    return Refused(*failure, found == nullptr ? "" : found->iccid);
  }
  Profile profile = *found;
  // (2) The binding: refused, state unchanged, but told.
  if (!profile.eid.empty() && profile.eid != download.eid) {
    const StatusCode code{"8.1.1", "3.8",
                          "EID doesn't match the expected value"};
    AddNotice(profile, download, kEligibility, code, changes);
    DeviceResult result = Refused(code, profile.iccid);
    Save(std::move(profile), changes);
    return result;
  }
  // (3) Released?
  if (!IsFetchable(profile.state)) {
    return Refused({"8.2", "1.2", "the profile is not released"},
                   profile.iccid);
  }
  // (4) Attempts and eligibility.
  ++profile.download_attempts;
  if (profile.download_attempts > options_.download_limit) {
    return EndInError(std::move(profile), download, kEligibility,
                      {"8.8.5", "6.4", "too many download attempts"}, changes);
  }
  if (download.outcome == DeviceOutcome::kNotEligible) {
    return EndInError(std::move(profile), download, kEligibility,
                      {"8.2.5", "4.3", "the device is not eligible"}, changes);
  }
  // (5) Confirmation code.
  if (Failure failure = CheckConfirmationCode(download, profile);
      failure.has_value()) {
    if (failure->reason == "6.4") {
      return EndInError(std::move(profile), download, kConfirmation, *failure,
                        changes);
    }
    Save(profile, changes);
    return Refused(*failure, profile.iccid);
  }
  AddNotice(profile, download, kEligibility, std::nullopt, changes);
  if (download.outcome == DeviceOutcome::kUserRefuses) {
    return EndInError(std::move(profile), download, kDownload,
                      {"8.8.5", "3.8", "the user refused"}, changes);
  }
  // (6) The bound profile package: from now on it is this eUICC's.
  profile.eid = download.eid;
  profile.state = ProfileState::kDownloaded;
  AddNotice(profile, download, kDownload, std::nullopt, changes);
  // (7) The eUICC's result.
  DeviceResult result;
  result.iccid = profile.iccid;
  switch (download.outcome) {
    case DeviceOutcome::kInstallFails:
      return EndInError(std::move(profile), download, kInstallation,
                        {"8.2.10", "4.2", "the eUICC reports a load error"},
                        changes);
    case DeviceOutcome::kStops:
      result.kind = DeviceResult::Kind::kDownloaded;
      break;
    default:
      profile.state = ProfileState::kInstalled;
      AddNotice(profile, download, kInstallation, std::nullopt, changes);
      result.kind = DeviceResult::Kind::kInstalled;
  }
  Save(std::move(profile), changes);
  return result;
}

std::vector<Profile> ProfileBook::Touched() const {
  std::vector<Profile> touched;
  for (const auto& [iccid, profile] : profiles_) {
    if (profile.state != ProfileState::kAvailable ||
        !profile.notice_seconds.empty()) {
      touched.push_back(profile);
    }
  }
  std::sort(
      touched.begin(), touched.end(),
      [](const Profile& a, const Profile& b) { return a.iccid < b.iccid; });
  return touched;
}

std::map<ProfileState, int> ProfileBook::CountByState() const {
  std::map<ProfileState, int> counts;
  for (const auto& [iccid, profile] : profiles_) ++counts[profile.state];
  return counts;
}

}  // namespace shiming::smdp_plus
