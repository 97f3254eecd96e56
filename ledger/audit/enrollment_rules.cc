#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "ledger/audit/rules.h"
#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

constexpr size_t kDigestBytes = 32;

enum class Act { kProposed, kApproved, kRevoked };

Act ActOf(v1::EventKind kind) {
  switch (kind) {
    case v1::EVENT_KIND_SHOP_PROPOSED:
    case v1::EVENT_KIND_TERMINAL_PROPOSED:
    case v1::EVENT_KIND_DISPLAY_PROPOSED:
    case v1::EVENT_KIND_CLERK_PROPOSED:
      return Act::kProposed;
    case v1::EVENT_KIND_SHOP_APPROVED:
    case v1::EVENT_KIND_TERMINAL_APPROVED:
    case v1::EVENT_KIND_DISPLAY_APPROVED:
    case v1::EVENT_KIND_CLERK_APPROVED:
      return Act::kApproved;
    default:
      return Act::kRevoked;
  }
}

bool IsOf(const v1::Event& event, std::string_view kind) {
  const std::string_view aggregate = event.id().aggregate();
  return aggregate.starts_with(kind) && aggregate.size() > kind.size() &&
         aggregate[kind.size()] == '/';
}

std::string Name(std::string_view kind, std::string_view id) {
  return absl::StrCat(std::string(kind), "/", std::string(id));
}

// Whether the event carries what events of its kind carry.
bool IsComplete(const v1::Event& event) {
  const v1::AdminDetails& details = event.admin_details();
  if (event.admin().empty() || event.shop().empty() ||
      details.digest().size() != kDigestBytes ||
      details.subject_id() != IdOf(event)) {
    return false;
  }
  if (IsOf(event, "terminal")) {
    return event.terminal() == IdOf(event) &&
           details.pinned_key_sha256_size() == 2 &&
           details.pinned_key_sha256(1) ==
               crypto::Sha256(details.evidence_public_key());
  }
  if (IsOf(event, "display")) {
    return event.display() == IdOf(event) && !event.terminal().empty() &&
           details.pinned_key_sha256_size() == 1;
  }
  if (IsOf(event, "clerk")) return event.clerk() == IdOf(event);
  return event.shop() == IdOf(event);
}

// What an approval must repeat of its proposal.
bool SameContent(const v1::Event& a, const v1::Event& b) {
  return a.shop() == b.shop() && a.terminal() == b.terminal() &&
         std::equal(a.admin_details().pinned_key_sha256().begin(),
                    a.admin_details().pinned_key_sha256().end(),
                    b.admin_details().pinned_key_sha256().begin(),
                    b.admin_details().pinned_key_sha256().end()) &&
         a.admin_details().evidence_public_key() ==
             b.admin_details().evidence_public_key();
}

// The named subject is in force and `after` says so.
bool RestsOn(const std::string& name, const AuditEntry& entry,
             const AuditBooks& books) {
  const auto found = books.subjects.find(name);
  if (found == books.subjects.end()) return false;
  bool former = false;
  const v1::AuditSubject& subject = found->second;
  if (!books.InForce(subject, entry, &former)) return false;
  const int64_t version =
      former ? subject.former_version() : subject.approved_version();
  return Follows(entry.event, kTerminalSource, name, version);
}

void CheckFoundation(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  if (IsOf(event, "shop")) return;
  if (!RestsOn(Name("shop", event.shop()), entry, books)) {
    books.Add(ViolationKind::APPROVED_WITHOUT_FOUNDATION, entry, "its shop");
  }
  if (IsOf(event, "display") &&
      !RestsOn(Name("terminal", event.terminal()), entry, books)) {
    books.Add(ViolationKind::APPROVED_WITHOUT_FOUNDATION, entry,
              "its terminal");
  }
}

void Unpin(const v1::AuditSubject& subject, AuditBooks& books) {
  for (const std::string& key : subject.pinned_key_sha256()) {
    const auto pinned = books.pinned.find(key);
    if (pinned != books.pinned.end() && pinned->second == subject.name()) {
      books.pinned.erase(pinned);
    }
  }
}

void Pin(const AuditEntry& entry, v1::AuditSubject& subject,
         AuditBooks& books) {
  const v1::AdminDetails& details = entry.event.admin_details();
  Unpin(subject, books);
  *subject.mutable_pinned_key_sha256() = details.pinned_key_sha256();
  for (const std::string& key : details.pinned_key_sha256()) {
    const auto [pinned, is_new] = books.pinned.emplace(key, subject.name());
    if (is_new) continue;
    std::vector<uint64_t> other;
    const auto holder = books.subjects.find(pinned->second);
    if (holder != books.subjects.end()) {
      other.push_back(holder->second.approved().position());
    }
    books.Add(ViolationKind::KEY_PINNED_TWICE, entry, pinned->second, other);
  }
  if (!details.evidence_public_key().empty()) {
    books.keys.Add(details.evidence_public_key());
    subject.set_evidence_key_sha256(
        crypto::Sha256(details.evidence_public_key()));
  }
}

// Another display at the same terminal loses its place.
void Unpair(const AuditEntry& entry, AuditBooks& books) {
  for (auto& [name, rival] : books.subjects) {
    if (!name.starts_with("display/") || name == entry.event.id().aggregate() ||
        rival.terminal() != entry.event.terminal()) {
      continue;
    }
    rival.clear_terminal();
    rival.set_in_force(false);
    *rival.mutable_ended() = entry.Mark();
    rival.set_ended_by(EventIdText(entry.event.id()));
    rival.set_former_version(rival.approved_version());
    EndRightsOf(name, entry, books);
  }
}

bool EndsWhatStood(const v1::AuditSubject& before, const AuditEntry& entry) {
  const v1::Event& event = entry.event;
  if (IsOf(event, "shop")) return false;
  if (IsOf(event, "clerk")) return true;
  const auto& keys = event.admin_details().pinned_key_sha256();
  const bool same_keys =
      std::equal(keys.begin(), keys.end(), before.pinned_key_sha256().begin(),
                 before.pinned_key_sha256().end());
  return !same_keys ||
         (IsOf(event, "display") && before.terminal() != event.terminal());
}

void Approve(const AuditEntry& entry, v1::AuditSubject& subject,
             AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::vector<uint64_t> proposal = {
      subject.has_waiting() ? subject.waiting_index() + 1 : 0};
  if (!subject.has_waiting() || subject.waiting().admin_details().digest() !=
                                    event.admin_details().digest()) {
    books.Add(ViolationKind::APPROVAL_WITHOUT_PROPOSAL, entry, "", proposal);
  } else {
    if (subject.waiting().admin() == event.admin()) {
      books.Add(ViolationKind::APPROVED_BY_SAME_ADMIN, entry, event.admin(),
                proposal);
    }
    if (!SameContent(subject.waiting(), event)) {
      books.Add(ViolationKind::APPROVAL_CHANGES_CONTENT, entry, "", proposal);
    }
  }
  CheckFoundation(entry, books);
  const v1::AuditSubject before = subject;
  const bool had_been = before.approved().position() != 0;
  if (had_been) {
    *subject.mutable_ended() = entry.Mark();
    subject.set_ended_by(EventIdText(event.id()));
    subject.set_former_version(before.in_force() ? before.approved_version()
                                                 : 0);
    subject.set_former_evidence_key_sha256(before.evidence_key_sha256());
  }
  subject.clear_waiting();
  subject.set_in_force(true);
  *subject.mutable_approved() = entry.Mark();
  subject.set_approved_version(event.id().version());
  subject.set_shop(event.shop());
  if (IsOf(event, "display")) {
    Unpair(entry, books);
    subject.set_terminal(event.terminal());
  }
  Pin(entry, subject, books);
  if (before.in_force() && EndsWhatStood(before, entry)) {
    EndRightsOf(subject.name(), entry, books);
  }
}

void Revoke(const AuditEntry& entry, v1::AuditSubject& subject,
            AuditBooks& books) {
  subject.clear_waiting();
  Unpin(subject, books);
  subject.clear_pinned_key_sha256();
  if (!subject.in_force()) return;
  *subject.mutable_ended() = entry.Mark();
  subject.set_ended_by(EventIdText(entry.event.id()));
  subject.set_former_version(subject.approved_version());
  subject.set_former_evidence_key_sha256(subject.evidence_key_sha256());
  subject.set_in_force(false);
  subject.clear_terminal();
  EndRightsOf(subject.name(), entry, books);
}

}  // namespace

void VisitEnrollment(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  v1::AuditSubject& subject = books.subjects[event.id().aggregate()];
  subject.set_name(event.id().aggregate());
  if (event.kind() == v1::EVENT_KIND_CLERK_LOCKED) {
    *subject.mutable_locked() = entry.Mark();
    return;
  }
  if (!IsComplete(event)) books.Add(ViolationKind::FIELD_MISSING, entry);
  switch (ActOf(event.kind())) {
    case Act::kProposed:
      *subject.mutable_waiting() = event;
      subject.set_waiting_index(entry.index);
      return;
    case Act::kApproved:
      Approve(entry, subject, books);
      return;
    case Act::kRevoked:
      Revoke(entry, subject, books);
      return;
  }
}

}  // namespace shiming::ledger
