#include "tools/shimingctl/erasure.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/crypto/random.h"
#include "common/ids/ids.h"
#include "common/status/status_macros.h"
#include "common/time/date.h"
#include "common/time/proto_time.h"
#include "shiming/identity/v1/erasure_service.grpc.pb.h"
#include "tools/shimingctl/connection.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = identity::v1;
using Stub = v1::ErasureService::Stub;

constexpr std::pair<std::string_view, v1::ErasureBasis> kBases[] = {
    {"person-request", v1::ERASURE_BASIS_PERSON_REQUEST},
    {"retention-over", v1::ERASURE_BASIS_RETENTION_OVER},
    {"authority-order", v1::ERASURE_BASIS_AUTHORITY_ORDER}};

absl::StatusOr<std::unique_ptr<Stub>> Connect(Arguments& arguments) {
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  if (!config.has_identity_verification()) {
    return absl::FailedPreconditionError(
        "shimingctl.textproto names no identity_verification: run `shimingctl "
        "init` again");
  }
  ASSIGN_OR_RETURN(const std::string officer, arguments.Required("as"));
  ASSIGN_OR_RETURN(
      std::shared_ptr<grpc::Channel> channel,
      ConnectAs(config, "officer", officer, config.identity_verification()));
  return v1::ErasureService::NewStub(channel);
}

absl::StatusOr<v1::ErasureBasis> ParseBasis(const std::string& text) {
  for (const auto& [name, basis] : kBases) {
    if (text == name) return basis;
  }
  return absl::InvalidArgumentError(
      "--basis is person-request, retention-over or authority-order");
}

std::string_view NameOf(v1::ErasureBasis basis) {
  for (const auto& [name, known] : kBases) {
    if (basis == known) return name;
  }
  return "unknown";
}

std::string_view NameOf(v1::ErasureState state) {
  switch (state) {
    case v1::ERASURE_STATE_PROPOSED:
      return "proposed";
    case v1::ERASURE_STATE_APPROVED:
      return "approved";
    case v1::ERASURE_STATE_DESTROYING:
      return "destroying";
    case v1::ERASURE_STATE_ERASED:
      return "erased";
    case v1::ERASURE_STATE_REFUSED:
      return "refused";
    default:
      return "unknown";
  }
}

void Print(const v1::Erasure& erasure) {
  printf("%s %-10s %s %s case %s, proposed by %s",
         erasure.content().person_id().c_str(),
         std::string(NameOf(erasure.state())).c_str(), erasure.digest().c_str(),
         std::string(NameOf(erasure.content().basis())).c_str(),
         erasure.content().case_reference().c_str(),
         erasure.proposed_by().c_str());
  if (!erasure.approved_by().empty()) {
    printf(", approved by %s", erasure.approved_by().c_str());
  }
  if (!erasure.refused_reason().empty()) {
    printf(", %s", erasure.refused_reason().c_str());
  }
  if (erasure.has_retain_until()) {
    printf(" until %s",
           Date::Of(FromProto(erasure.retain_until())).ToIso().c_str());
  }
  if (!erasure.last_backup_day().empty()) {
    printf(", last backup of the keys gone on %s",
           erasure.last_backup_day().c_str());
  }
  printf("\n");
}

absl::Status Propose(Arguments& arguments) {
  v1::ProposeErasureRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  v1::ErasureContent& content = *request.mutable_content();
  ASSIGN_OR_RETURN(*content.mutable_person_id(), arguments.Word(2, "person"));
  ASSIGN_OR_RETURN(const std::string basis, arguments.Required("basis"));
  ASSIGN_OR_RETURN(const v1::ErasureBasis parsed, ParseBasis(basis));
  content.set_basis(parsed);
  ASSIGN_OR_RETURN(*content.mutable_case_reference(),
                   arguments.Required("case"));
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const v1::ProposeErasureResponse response,
                   CallBlocking(*stub, &Stub::ProposeErasure, request));
  printf("%s\n", response.erasure().digest().c_str());
  return absl::OkStatus();
}

absl::Status Approve(Arguments& arguments) {
  v1::ApproveErasureRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  ASSIGN_OR_RETURN(*request.mutable_digest(), arguments.Word(2, "digest"));
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const v1::ApproveErasureResponse response,
                   CallBlocking(*stub, &Stub::ApproveErasure, request));
  Print(response.erasure());
  return absl::OkStatus();
}

absl::Status List(Arguments& arguments) {
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  v1::ListErasuresRequest request;
  while (true) {
    ASSIGN_OR_RETURN(const v1::ListErasuresResponse response,
                     CallBlocking(*stub, &Stub::ListErasures, request));
    for (const v1::Erasure& erasure : response.erasures()) Print(erasure);
    if (response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

}  // namespace

absl::Status RunErase(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string act,
                   arguments.Word(1, "propose, approve or list"));
  if (act == "propose") return Propose(arguments);
  if (act == "approve") return Approve(arguments);
  if (act == "list") return List(arguments);
  return absl::InvalidArgumentError("erase propose, approve or list");
}

}  // namespace shiming::shimingctl
