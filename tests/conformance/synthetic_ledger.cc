#include "tests/conformance/synthetic_ledger.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/commitment.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/check.h"
#include "common/time/proto_time.h"
#include "identity/evidence/signed_object.h"
#include "ledger/entry.h"
#include "ledger/hasher.h"
#include "ledger/tree.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = v1::Event;

constexpr std::string_view kTerminalSource = "terminal_session";
constexpr std::string_view kIdentitySource = "identity_verification";
constexpr std::string_view kOrderSource = "profile_order";
constexpr std::string_view kLedgerSource = "issuance_ledger";
constexpr char kSmdp[] = "smdp-1";
// 2026-01-05T01:00:00Z, a Monday morning in China.
constexpr int64_t kStartSeconds = 1767574800;

std::string Text(std::string_view text) { return std::string(text); }

std::string KeyOf(std::string_view source, std::string_view aggregate) {
  return absl::StrCat(Text(source), ":", Text(aggregate));
}

void AddCommitment(v1::CommitmentField field, const std::string& sha256,
                   Event* event) {
  v1::Commitment* commitment = event->add_commitments();
  commitment->set_field(field);
  commitment->set_sha256(sha256);
}

void AddPseudonym(v1::PseudonymField field, std::string_view name,
                  const std::string& value, Event* event) {
  std::string data(name);
  data.push_back('\0');
  data.append(value);
  v1::Pseudonym* pseudonym = event->add_pseudonyms();
  pseudonym->set_field(field);
  pseudonym->set_value(crypto::HmacSha256(SyntheticPseudonymKey(), data));
}

v1::EventId IdOf(std::string_view source, std::string_view aggregate,
                 int64_t version) {
  v1::EventId id;
  id.set_source(Text(source));
  id.set_aggregate(Text(aggregate));
  id.set_version(version);
  return id;
}

crypto::SigningKey NewKey() {
  auto key = crypto::SigningKey::GenerateP256();
  SHIMING_CHECK(key.ok(), "a P-256 key");
  return *std::move(key);
}

std::string Digits(uint64_t number, size_t width) {
  std::string text = absl::StrCat(number);
  return std::string(width - text.size(), '0') + text;
}

}  // namespace

std::string SyntheticPseudonymKey() { return std::string(32, 'K'); }
std::string SyntheticPseudonymKeySalt() { return std::string(32, 's'); }

SyntheticLedger::SyntheticLedger(const Edit& edit)
    : now_(absl::FromUnixSeconds(kStartSeconds)), face_key_(NewKey()) {
  Event event;
  event.set_once_key("log_opened");
  Open(std::string(SyntheticLog::kOrigin), std::move(event), edit);
}

void SyntheticLedger::Open(const std::string& origin, Event event,
                           const Edit& edit) {
  logs_.push_back({.origin = origin, .begin = size()});
  AddCommitment(
      v1::COMMITMENT_FIELD_PSEUDONYM_KEY,
      crypto::Commit("shiming/pseudonym-key/v1", SyntheticPseudonymKeySalt(),
                     SyntheticPseudonymKey()),
      &event);
  Append(kLedgerSource, absl::StrCat("log/", origin), v1::EVENT_KIND_LOG_OPENED,
         std::move(event), edit);
}

uint64_t SyntheticLedger::Freeze(const Edit& edit) {
  return Append(kLedgerSource, absl::StrCat("log/", logs_.back().origin),
                v1::EVENT_KIND_LOG_FROZEN, Event(), edit);
}

uint64_t SyntheticLedger::OpenNext(const Edit& edit) {
  const Log& last = logs_.back();
  const std::string origin =
      absl::StrCat(std::string(SyntheticLog::kOrigin), "/", logs_.size() + 1);
  ledger::TreeEdge edge;
  for (uint64_t i = last.begin; i < size(); ++i) {
    edge.Append(ledger::Hasher().Leaf(entries_[i]));
  }
  Event event;
  event.set_once_key(absl::StrCat("log_opened/", origin));
  v1::PredecessorDetails& named = *event.mutable_predecessor();
  named.set_origin(last.origin);
  named.set_size(static_cast<int64_t>(edge.size()));
  named.set_root(edge.Root());
  // Our ledger's own events begin anew.
  std::erase_if(versions_, [](const auto& aggregate) {
    return aggregate.first.starts_with(kLedgerSource);
  });
  Open(origin, std::move(event), edit);
  return this->last();
}

std::vector<std::string> SyntheticLedger::EntriesOf(size_t log) const {
  const uint64_t end =
      log + 1 < logs_.size() ? logs_[log + 1].begin : entries_.size();
  return {entries_.begin() + static_cast<int64_t>(logs_[log].begin),
          entries_.begin() + static_cast<int64_t>(end)};
}

std::string SyntheticLedger::NewId() {
  return crypto::ToHex(crypto::Sha256(absl::StrCat("synthetic id ", ++ids_)))
      .substr(0, 32);
}

uint64_t SyntheticLedger::Append(std::string_view source,
                                 std::string_view aggregate, v1::EventKind kind,
                                 Event event, const Edit& edit) {
  int64_t& version = versions_[KeyOf(source, aggregate)];
  event.set_format(ledger::kEntryFormat);
  *event.mutable_id() = IdOf(source, aggregate, ++version);
  event.set_kind(kind);
  now_ += step_;
  *event.mutable_time() = ToProto(now_);
  if (edit != nullptr) edit(event);
  return AppendBytes(ledger::SerializeEvent(event));
}

uint64_t SyntheticLedger::AppendBytes(std::string bytes) {
  entries_.push_back(std::move(bytes));
  return entries_.size() - 1;
}

std::string SyntheticLedger::TakeBack() {
  std::string bytes = std::move(entries_.back());
  entries_.pop_back();
  return bytes;
}

v1::EventId SyntheticLedger::Latest(std::string_view source,
                                    std::string_view aggregate) const {
  const auto found = versions_.find(KeyOf(source, aggregate));
  return IdOf(source, aggregate, found == versions_.end() ? 0 : found->second);
}

void SyntheticLedger::EnrollShop(const std::string& shop) {
  SyntheticCounter counter{.shop = shop, .evidence_key = face_key_};
  Act(counter, "shop", "PROPOSED");
  Act(counter, "shop", "APPROVED");
}

SyntheticCounter SyntheticLedger::EnrollCounter(const std::string& shop,
                                                const std::string& suffix) {
  SyntheticCounter counter{
      .shop = shop,
      .terminal = absl::StrCat(shop, "/t", suffix),
      .display = absl::StrCat(shop, "/d", suffix),
      .clerk = absl::StrCat("clerk-", shop, "-", suffix),
      .evidence_key = NewKey(),
      .terminal_key_sha256 = crypto::Sha256(absl::StrCat("tls", shop, suffix)),
      .display_key_sha256 = crypto::Sha256(absl::StrCat("dis", shop, suffix))};
  for (const std::string_view kind : {"terminal", "display", "clerk"}) {
    Act(counter, kind, "PROPOSED");
    Act(counter, kind, "APPROVED");
  }
  return counter;
}

uint64_t SyntheticLedger::Act(const SyntheticCounter& counter,
                              std::string_view subject_kind,
                              std::string_view act, const Edit& edit) {
  Event event;
  event.set_shop(counter.shop);
  v1::AdminDetails& details = *event.mutable_admin_details();
  int first = v1::EVENT_KIND_SHOP_PROPOSED;
  std::string subject = counter.shop;
  std::vector<std::string> foundations;
  if (subject_kind == "terminal") {
    first = v1::EVENT_KIND_TERMINAL_PROPOSED;
    subject = counter.terminal;
    event.set_terminal(subject);
    details.add_pinned_key_sha256(counter.terminal_key_sha256);
    details.add_pinned_key_sha256(
        crypto::Sha256(counter.evidence_key.PublicDer()));
    details.set_evidence_public_key(counter.evidence_key.PublicDer());
    foundations = {"shop/" + counter.shop};
  } else if (subject_kind == "display") {
    first = v1::EVENT_KIND_DISPLAY_PROPOSED;
    subject = counter.display;
    event.set_display(subject);
    event.set_terminal(counter.terminal);
    details.add_pinned_key_sha256(counter.display_key_sha256);
    foundations = {"shop/" + counter.shop, "terminal/" + counter.terminal};
  } else if (subject_kind == "clerk") {
    first = v1::EVENT_KIND_CLERK_PROPOSED;
    subject = counter.clerk;
    event.set_clerk(subject);
    foundations = {"shop/" + counter.shop};
  }
  const std::string aggregate = absl::StrCat(Text(subject_kind), "/", subject);
  details.set_subject_id(subject);
  const int offset = act == "PROPOSED" ? 0 : act == "APPROVED" ? 1 : 2;
  event.set_admin(offset == 1 ? "/admin/admin-2" : "/admin/admin-1");
  if (offset == 0) {
    details.set_digest(crypto::Sha256(absl::StrCat("content ", NewId())));
    proposals_[aggregate] = event;
  } else {
    details.set_digest(proposals_[aggregate].admin_details().digest());
  }
  if (offset == 1) {
    for (const std::string& foundation : foundations) {
      *event.add_after() =
          IdOf(kTerminalSource, foundation, approved_versions_[foundation]);
    }
  }
  const uint64_t index = Append(kTerminalSource, aggregate,
                                static_cast<v1::EventKind>(first + offset),
                                std::move(event), edit);
  if (offset == 1) {
    approved_versions_[aggregate] =
        versions_[KeyOf(kTerminalSource, aggregate)];
  }
  return index;
}

uint64_t SyntheticLedger::OpenShift(SyntheticCounter& counter,
                                    const Edit& edit) {
  counter.shift = NewId();
  Event event;
  event.set_shop(counter.shop);
  event.set_terminal(counter.terminal);
  event.set_clerk(counter.clerk);
  event.set_shift(counter.shift);
  for (const std::string& name :
       {"terminal/" + counter.terminal, "clerk/" + counter.clerk}) {
    *event.add_after() = IdOf(kTerminalSource, name, approved_versions_[name]);
  }
  return Append(kTerminalSource, "shift/" + counter.shift,
                v1::EVENT_KIND_SHIFT_OPENED, std::move(event), edit);
}

uint64_t SyntheticLedger::CloseShift(const SyntheticCounter& counter,
                                     v1::SessionEnd end, const Edit& edit) {
  Event event;
  event.set_shop(counter.shop);
  event.set_terminal(counter.terminal);
  event.set_clerk(counter.clerk);
  event.set_shift(counter.shift);
  event.set_session_end(end);
  return Append(kTerminalSource, "shift/" + counter.shift,
                v1::EVENT_KIND_SHIFT_CLOSED, std::move(event), edit);
}

uint64_t SyntheticLedger::LockClerk(const SyntheticCounter& counter) {
  Event event;
  event.set_shop(counter.shop);
  event.set_terminal(counter.terminal);
  event.set_clerk(counter.clerk);
  return Append(kTerminalSource, "clerk/" + counter.clerk,
                v1::EVENT_KIND_CLERK_LOCKED, std::move(event));
}

Event SyntheticLedger::SessionEvent(const SyntheticVisit& visit) const {
  Event event;
  event.set_shop(visit.counter.shop);
  event.set_terminal(visit.counter.terminal);
  event.set_display(visit.counter.display);
  event.set_clerk(visit.counter.clerk);
  event.set_shift(visit.counter.shift);
  event.set_session(visit.session);
  return event;
}

SyntheticVisit SyntheticLedger::OpenSession(const SyntheticCounter& counter,
                                            const Edit& edit) {
  SyntheticVisit visit{.counter = counter};
  visit.session = NewId();
  visit.nonce = crypto::Sha256(absl::StrCat("nonce ", NewId()));
  visit.verification = NewId();
  visit.attestation = NewId();
  visit.person = NewId();
  visit.order = NewId();
  visit.permit = NewId();
  const uint64_t number = ids_;
  visit.eid = absl::StrCat("8904", Digits(number, 28));
  visit.iccid = absl::StrCat("8986", Digits(number, 15));
  visit.msisdn = absl::StrCat("86138", Digits(number, 8));
  visit.card_commitment = crypto::Sha256("card " + visit.session);
  visit.device_commitment = crypto::Sha256("device " + visit.session);
  visit.consent_commitment = crypto::Sha256("consent " + visit.session);
  visit.request_sha256 = crypto::Sha256("request " + visit.session);
  Event event = SessionEvent(visit);
  *event.add_after() = IdOf(kTerminalSource, "shift/" + counter.shift, 1);
  const std::string display = "display/" + counter.display;
  *event.add_after() =
      IdOf(kTerminalSource, display, approved_versions_[display]);
  Append(kTerminalSource, "session/" + visit.session,
         v1::EVENT_KIND_SESSION_OPENED, std::move(event), edit);
  return visit;
}

void SyntheticLedger::SetIdentity(SyntheticVisit& visit,
                                  const EvidenceEdit& evidence_edit,
                                  Event* event) {
  identity::v1::Evidence evidence;
  evidence.set_session_id(visit.session);
  evidence.set_nonce(visit.nonce);
  evidence.set_card_block_commitment(visit.card_commitment);
  evidence.set_device_commitment(visit.device_commitment);
  evidence.set_device_capture(identity::v1::DEVICE_CAPTURE_SCREEN_SCAN);
  evidence.set_sam_number("SAM-1");
  evidence.set_terminal(visit.counter.terminal);
  *evidence.mutable_device_time() = ToProto(now_);
  identity::v1::FaceResult face;
  face.set_session_id(visit.session);
  face.set_nonce(visit.nonce);
  face.set_card_block_commitment(visit.card_commitment);
  face.set_score_millionths(950'000);
  face.set_threshold_millionths(800'000);
  face.set_live(true);
  face.set_model_version("model-1");
  face.set_engine_key_id("engine-1");
  *face.mutable_time() = ToProto(now_);
  if (evidence_edit != nullptr) evidence_edit(evidence, face);
  const auto signed_face =
      identity::SignObject(identity::kFaceResultLabel, face, face_key_);
  SHIMING_CHECK(signed_face.ok(), "face result");
  evidence.set_signed_face_result(signed_face->signed_());
  evidence.set_face_result_signature(signed_face->signature());
  const auto object = identity::SignObject(identity::kEvidenceLabel, evidence,
                                           visit.counter.evidence_key);
  SHIMING_CHECK(object.ok(), "evidence");
  *event->add_after() = IdOf(kTerminalSource, "session/" + visit.session, 1);
  event->set_once_key("nonce/" +
                      crypto::ToHex(crypto::Sha256(evidence.nonce())));
  event->set_verification(visit.verification);
  event->set_policy_version("2026-01");
  AddCommitment(v1::COMMITMENT_FIELD_CARD_BLOCK, visit.card_commitment, event);
  AddCommitment(v1::COMMITMENT_FIELD_DEVICE, visit.device_commitment, event);
  v1::IdentityDetails* details = event->mutable_identity();
  details->set_signed_evidence(object->signed_());
  details->set_evidence_signature(object->signature());
  details->set_evidence_key_sha256(
      crypto::Sha256(visit.counter.evidence_key.PublicDer()));
  details->set_document_kind(identity::v1::DOCUMENT_KIND_RESIDENT_ID);
  details->set_order_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
}

uint64_t SyntheticLedger::Verify(SyntheticVisit& visit, const Edit& edit,
                                 const EvidenceEdit& evidence_edit) {
  Event event = SessionEvent(visit);
  SetIdentity(visit, evidence_edit, &event);
  event.set_person_id(visit.person);
  event.mutable_identity()->set_attestation_id(visit.attestation);
  event.mutable_identity()->set_numbers_elsewhere(visit.numbers_elsewhere);
  return Append(kIdentitySource, "verification/" + visit.verification,
                v1::EVENT_KIND_IDENTITY_VERIFIED, std::move(event), edit);
}

uint64_t SyntheticLedger::Refuse(SyntheticVisit& visit,
                                 const std::string& reason, const Edit& edit) {
  Event event = SessionEvent(visit);
  SetIdentity(visit, nullptr, &event);
  event.set_refused_reason(reason);
  return Append(kIdentitySource, "verification/" + visit.verification,
                v1::EVENT_KIND_IDENTITY_REFUSED, std::move(event), edit);
}

Event SyntheticLedger::OrderEvent(const SyntheticVisit& visit) const {
  Event event = SessionEvent(visit);
  event.set_order(visit.order);
  event.set_verification(visit.verification);
  event.set_policy_version("2026-01");
  event.set_person_id(visit.person);
  AddPseudonym(v1::PSEUDONYM_FIELD_EID, "eid", visit.eid, &event);
  AddPseudonym(v1::PSEUDONYM_FIELD_ICCID, "iccid", visit.iccid, &event);
  AddPseudonym(v1::PSEUDONYM_FIELD_MSISDN, "msisdn", visit.msisdn, &event);
  event.mutable_order_details()->set_smdp_peer(kSmdp);
  return event;
}

uint64_t SyntheticLedger::Place(SyntheticVisit& visit, const Edit& edit) {
  Event event = OrderEvent(visit);
  *event.add_after() =
      IdOf(kIdentitySource, "verification/" + visit.verification, 1);
  event.set_once_key("attestation/" + visit.attestation);
  AddCommitment(v1::COMMITMENT_FIELD_DEVICE, visit.device_commitment, &event);
  AddCommitment(v1::COMMITMENT_FIELD_CONSENT, visit.consent_commitment, &event);
  v1::OrderDetails* details = event.mutable_order_details();
  details->set_attestation_id(visit.attestation);
  details->set_profile_type("standard");
  details->set_order_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  details->set_person_live(++live_["person/" + visit.person]);
  details->set_eid_live(++live_["eid/" + visit.eid]);
  return Append(kOrderSource, "order/" + visit.order,
                v1::EVENT_KIND_ORDER_PLACED, std::move(event), edit);
}

uint64_t SyntheticLedger::Ready(SyntheticVisit& visit, const Edit& edit) {
  const uint64_t index =
      Append(kOrderSource, "order/" + visit.order, v1::EVENT_KIND_ORDER_READY,
             OrderEvent(visit), edit);
  visit.ready_version = Latest(kOrderSource, "order/" + visit.order).version();
  return index;
}

uint64_t SyntheticLedger::Permit(SyntheticVisit& visit, const Edit& edit) {
  Event event = SessionEvent(visit);
  event.set_order(visit.order);
  event.set_once_key("permit/" + visit.order);
  if (visit.ready_version > 0) {
    *event.add_after() =
        IdOf(kOrderSource, "order/" + visit.order, visit.ready_version);
  }
  event.mutable_order_details()->set_permit_id(visit.permit);
  event.mutable_order_details()->set_request_id_sha256(visit.request_sha256);
  const uint64_t index =
      Append(kTerminalSource, "session/" + visit.session,
             v1::EVENT_KIND_REVEAL_PERMITTED, std::move(event), edit);
  visit.permit_version =
      Latest(kTerminalSource, "session/" + visit.session).version();
  return index;
}

uint64_t SyntheticLedger::Reveal(SyntheticVisit& visit, const Edit& edit) {
  Event event = OrderEvent(visit);
  if (visit.permit_version > 0) {
    *event.add_after() =
        IdOf(kTerminalSource, "session/" + visit.session, visit.permit_version);
  }
  event.set_once_key("reveal/" + visit.order);
  AddCommitment(v1::COMMITMENT_FIELD_DEVICE, visit.device_commitment, &event);
  AddCommitment(v1::COMMITMENT_FIELD_CONSENT, visit.consent_commitment, &event);
  AddCommitment(v1::COMMITMENT_FIELD_ACTIVATION_CODE,
                crypto::Sha256("code " + visit.order), &event);
  v1::OrderDetails* details = event.mutable_order_details();
  details->set_permit_id(visit.permit);
  details->set_request_id_sha256(visit.request_sha256);
  *details->mutable_code_expire_time() = ToProto(now_ + absl::Minutes(30));
  return Append(kOrderSource, "order/" + visit.order,
                v1::EVENT_KIND_CODE_REVEALED, std::move(event), edit);
}

uint64_t SyntheticLedger::Progress(SyntheticVisit& visit, int point,
                                   const std::string& status_code,
                                   const Edit& edit) {
  Event event = OrderEvent(visit);
  event.mutable_order_details()->set_notification_point(point);
  event.mutable_order_details()->set_status_code(status_code);
  return Append(kOrderSource, "order/" + visit.order,
                v1::EVENT_KIND_DOWNLOAD_PROGRESS, std::move(event), edit);
}

uint64_t SyntheticLedger::Install(SyntheticVisit& visit, const Edit& edit) {
  Event event = OrderEvent(visit);
  event.mutable_order_details()->set_notification_point(4);
  return Append(kOrderSource, "order/" + visit.order,
                v1::EVENT_KIND_PROFILE_INSTALLED, std::move(event), edit);
}

uint64_t SyntheticLedger::Alarm(SyntheticVisit& visit,
                                const std::string& reason,
                                const std::string& status_code) {
  Event event = OrderEvent(visit);
  event.set_refused_reason(reason);
  event.mutable_order_details()->set_status_code(status_code);
  return Append(kOrderSource, "order/" + visit.order, v1::EVENT_KIND_ALARM,
                std::move(event));
}

uint64_t SyntheticLedger::EndOrder(SyntheticVisit& visit, v1::EventKind kind,
                                   const Edit& edit) {
  if (kind == v1::EVENT_KIND_ORDER_CANCELLED ||
      kind == v1::EVENT_KIND_ORDER_EXPIRED ||
      kind == v1::EVENT_KIND_ORDER_FAILED) {
    --live_["person/" + visit.person];
    --live_["eid/" + visit.eid];
  }
  return Append(kOrderSource, "order/" + visit.order, kind, OrderEvent(visit),
                edit);
}

uint64_t SyntheticLedger::CloseSession(const SyntheticVisit& visit,
                                       v1::SessionEnd end, const Edit& edit) {
  Event event = SessionEvent(visit);
  event.set_session_end(end);
  return Append(kTerminalSource, "session/" + visit.session,
                v1::EVENT_KIND_SESSION_CLOSED, std::move(event), edit);
}

uint64_t SyntheticLedger::Erase(const SyntheticVisit& visit, const Edit& edit) {
  Event event;
  event.set_person_id(visit.person);
  event.set_once_key("erasure/" + visit.person);
  event.set_admin("/officer/officer-2");
  v1::ErasureDetails* details = event.mutable_erasure();
  details->set_digest(crypto::Sha256("erase " + visit.person));
  details->set_proposed_by("/officer/officer-1");
  details->set_basis(1);
  details->set_last_backup_day("2026-02-05");
  *event.add_after() =
      IdOf(kIdentitySource, "verification/" + visit.verification, 1);
  const v1::EventId last = Latest(kOrderSource, "order/" + visit.order);
  if (last.version() > 0) *event.add_after() = last;
  return Append(kIdentitySource, "person/" + visit.person,
                v1::EVENT_KIND_PERSON_ERASED, std::move(event), edit);
}

uint64_t SyntheticLedger::Repair(std::string_view source, const Edit& edit) {
  const auto size = static_cast<int64_t>(entries().size());
  const std::string digest = crypto::Sha256(absl::StrCat("repair ", size));
  Event event;
  event.set_once_key("repair/" + crypto::ToHex(digest));
  event.set_admin("/admin/admin-2");
  v1::RepairDetails* details = event.mutable_repair();
  details->set_digest(digest);
  details->set_approved_by("/admin/admin-1");
  details->set_log_size(size);
  details->set_log_root(std::string(32, 'r'));
  details->set_entry_count(1);
  return Append(source, "repair/" + crypto::ToHex(digest).substr(0, 32),
                v1::EVENT_KIND_DATABASE_REPAIRED, std::move(event), edit);
}

SyntheticVisit SyntheticLedger::PlaceOne(const SyntheticCounter& counter) {
  SyntheticVisit visit = OpenSession(counter);
  Verify(visit);
  Place(visit);
  return visit;
}

SyntheticVisit SyntheticLedger::ReadyOne(const SyntheticCounter& counter) {
  SyntheticVisit visit = PlaceOne(counter);
  Ready(visit);
  return visit;
}

SyntheticVisit SyntheticLedger::Issue(const SyntheticCounter& counter) {
  SyntheticVisit visit = ReadyOne(counter);
  Permit(visit);
  Reveal(visit);
  Progress(visit, 1, "");
  Progress(visit, 3, "");
  Install(visit);
  CloseSession(visit, v1::SESSION_END_CLOSED);
  EndOrder(visit, v1::EVENT_KIND_ORDER_CLOSED);
  return visit;
}

}  // namespace shiming::conformance
