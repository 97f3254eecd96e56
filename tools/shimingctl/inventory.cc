#include "tools/shimingctl/inventory.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/ids/ids.h"
#include "common/status/status_macros.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "tools/shimingctl/connection.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = order::v1;
using Stub = v1::InventoryService::Stub;

// Limit of one import request (order_service.proto), with room to spare.
constexpr size_t kMaxPartBytes = 800'000;

absl::StatusOr<std::unique_ptr<Stub>> Connect(Arguments& arguments) {
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  ASSIGN_OR_RETURN(const std::string admin, arguments.Required("as"));
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                   ConnectAs(config, "admin", admin, config.profile_order()));
  return v1::InventoryService::NewStub(channel);
}

// Cuts a CSV file at line ends; each part begins with the header.
std::vector<std::string> SplitCsv(const std::string& csv) {
  const size_t header_end = csv.find('\n');
  if (csv.size() <= kMaxPartBytes || header_end == std::string::npos) {
    return {csv};
  }
  const std::string header = csv.substr(0, header_end + 1);
  std::vector<std::string> parts;
  size_t at = header_end + 1;
  while (at < csv.size()) {
    size_t end = csv.size();
    if (end - at > kMaxPartBytes - header.size()) {
      end = csv.rfind('\n', at + kMaxPartBytes - header.size()) + 1;
      if (end <= at) end = csv.size();  // one line longer than a part
    }
    parts.push_back(header + csv.substr(at, end - at));
    at = end;
  }
  return parts;
}

// Sends all parts; prints the sums.
template <class Request, class Response>
absl::Status Send(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  const std::string& csv, Request request) {
  int64_t added = 0;
  int64_t known = 0;
  for (const std::string& part : SplitCsv(csv)) {
    request.set_request_id(NewUuid(crypto::SystemRandom()));
    request.set_csv(part);
    ASSIGN_OR_RETURN(
        const Response response,
        (CallBlocking<Response, Stub, Request>(stub, method, request)));
    added += response.added_count();
    known += response.known_count();
  }
  printf("%lld added, %lld known already\n", static_cast<long long>(added),
         static_cast<long long>(known));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunImport(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string kind, arguments.Word(1, "kind"));
  ASSIGN_OR_RETURN(const std::string path, arguments.Word(2, "file"));
  ASSIGN_OR_RETURN(const std::string csv, ReadFile(path));
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  if (kind == "iccids") {
    v1::ImportIccidsRequest request;
    ASSIGN_OR_RETURN(*request.mutable_smdp(), arguments.Required("smdp"));
    RETURN_IF_ERROR(arguments.CheckAllUsed());
    return Send<v1::ImportIccidsRequest, v1::ImportIccidsResponse>(
        *stub, &Stub::ImportIccids, csv, request);
  }
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (kind == "numbers") {
    return Send<v1::ImportNumbersRequest, v1::ImportNumbersResponse>(
        *stub, &Stub::ImportNumbers, csv, {});
  }
  if (kind == "device-models") {
    return Send<v1::ImportDeviceModelsRequest, v1::ImportDeviceModelsResponse>(
        *stub, &Stub::ImportDeviceModels, csv, {});
  }
  return absl::InvalidArgumentError(
      "import takes iccids, numbers or device-models");
}

absl::Status RunStock(Arguments& arguments) {
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const v1::GetStockResponse stock,
                   CallBlocking(*stub, &Stub::GetStock, v1::GetStockRequest()));
  for (const auto& [region, count] : stock.free_numbers()) {
    printf("free numbers in %s: %lld\n", region.c_str(),
           static_cast<long long>(count));
  }
  for (const auto& [type, count] : stock.available_iccids()) {
    printf("available ICCIDs of %s: %lld\n", type.c_str(),
           static_cast<long long>(count));
  }
  printf("device models: %lld\nheld ICCIDs: %lld\n",
         static_cast<long long>(stock.device_model_count()),
         static_cast<long long>(stock.held_iccid_count()));
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
