#include "services/identity_verification/core/erasure_desk.h"

#include <utility>
#include <vector>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "identity/evidence/signed_object.h"
#include "services/identity_verification/core/erasure_form.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
namespace v1 = identity::v1;

RequestKey KeyOf(const Officer& officer, const std::string& request_id,
                 const google::protobuf::Message& content,
                 const crypto::Secret& index_key) {
  return {.caller = officer.spiffe_id,
          .request_id = request_id,
          .content_hash = crypto::HmacSha256(
              index_key.Reveal(),
              identity::SignedBytes("request-content", content))};
}

void LogAct(std::string_view act, const ErasureRecord& record,
            const Officer& officer) {
  Log(Severity::kInfo, "erasure",
      {{"act", act},
       {"person_id", record.content.person_id()},
       {"case", record.content.case_reference()},
       {"officer", officer.name},
       {"digest", crypto::ToHex(record.digest)},
       {"trace_id", officer.trace_id}});
}

}  // namespace

awaitable<absl::StatusOr<v1::Erasure>> ErasureDesk::Propose(
    Officer officer, v1::ProposeErasureRequest request) {
  CO_RETURN_IF_ERROR(CheckForm(request));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  request.DiscardUnknownFields();
  const RequestKey key = KeyOf(officer, request_id, request, index_key_);
  const ErasureProposal proposal{.content = request.content(),
                                 .digest = DigestOf(request.content()),
                                 .officer = officer.name};
  CO_ASSIGN_OR_RETURN(
      const ErasureRecord record,
      co_await deps_.store.Propose(key, proposal,
                                   deps_.clock.Now() - attestation_life_));
  LogAct("propose", record, officer);
  co_return ViewOf(record);
}

awaitable<absl::StatusOr<v1::Erasure>> ErasureDesk::Approve(
    Officer officer, v1::ApproveErasureRequest request) {
  CO_RETURN_IF_ERROR(CheckForm(request));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  request.DiscardUnknownFields();
  const RequestKey key = KeyOf(officer, request_id, request, index_key_);
  CO_ASSIGN_OR_RETURN(const std::string digest, ParseDigest(request.digest()));
  const absl::Time now = deps_.clock.Now();
  CO_ASSIGN_OR_RETURN(
      const ErasureRecord record,
      co_await deps_.store.Approve(key, digest, officer.name, now,
                                   now - attestation_life_));
  LogAct("approve", record, officer);
  const absl::StatusOr<int64_t> under_way =
      co_await deps_.store.CountUnderWay();
  if (under_way.ok()) deps_.metrics.SetUnderWay(*under_way);
  co_return ViewOf(record);
}

awaitable<absl::StatusOr<v1::ListErasuresResponse>> ErasureDesk::List(
    v1::ListErasuresRequest request) {
  CO_RETURN_IF_ERROR(CheckForm(request));
  const int limit =
      request.page_size() == 0 ? kDefaultErasurePage : request.page_size();
  // One more than asked shows whether there is a next page.
  CO_ASSIGN_OR_RETURN(
      std::vector<ErasureRecord> records,
      co_await deps_.store.List(request.page_token(), limit + 1));
  v1::ListErasuresResponse response;
  if (static_cast<int>(records.size()) > limit) {
    records.resize(static_cast<size_t>(limit));
    response.set_next_page_token(records.back().content.person_id());
  }
  for (const ErasureRecord& record : records) {
    *response.add_erasures() = ViewOf(record);
  }
  co_return response;
}

}  // namespace shiming::identity_verification
