// Who may call what, asked of the running server: every served method as every
// role of the hand-written matrix, and callers that are nobody.
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <fstream>
#include <set>

#include "common/ids/ids.h"
#include "common/rpc/grpc_status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "tests/conformance/csv.h"
#include "tests/e2e/e2e_test_base.h"
#include "tools/shimingctl/connection.h"
#include "tools/shimingctl/pki.h"

namespace shiming::e2e {
namespace {

using shimingctl::Port;

// Where a method is served, and by whom.
std::pair<Port, std::string> ServerOf(const std::string& method) {
  if (method.find(".terminal.") != std::string::npos) {
    return {Port::kTerminalSession, "terminal_session"};
  }
  if (method.find(".identity.") != std::string::npos) {
    return {Port::kIdentityVerification, "identity_verification"};
  }
  if (method.find(".order.") != std::string::npos) {
    return {Port::kProfileOrder, "profile_order"};
  }
  if (method.find(".ledger.") != std::string::npos) {
    return {Port::kIssuanceLedger, "issuance_ledger"};
  }
  return {Port::kIdentityAuthority, "identity_authority"};
}

// An empty request to `method`; its status as it came.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                     const std::string& method, bool with_deadline = true,
                     const std::string& payload = "") {
  grpc::ClientContext context;
  if (with_deadline) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(5));
  }
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  const grpc::Slice slice(payload);
  const grpc::ByteBuffer request(&slice, 1);
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(reinterpret_cast<void*>(1));
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (ok) {
    call->WriteLast(request, grpc::WriteOptions(), reinterpret_cast<void*>(2));
    queue.Next(&tag, &ok);
    grpc::ByteBuffer response;
    call->Read(&response, reinterpret_cast<void*>(3));
    queue.Next(&tag, &ok);
    // A stream that lets us in goes on: that is all we want to know.
    if (ok) context.TryCancel();
  }
  grpc::Status status;
  call->Finish(&status, reinterpret_cast<void*>(4));
  queue.Next(&tag, &ok);
  return status;
}

absl::Status CallEmpty(const std::shared_ptr<grpc::Channel>& channel,
                       const std::string& method, bool with_deadline = true,
                       const std::string& payload = "") {
  return rpc::FromGrpcStatus(CallRaw(channel, method, with_deadline, payload));
}

// What is missing of reason, texts and next step in a refusal (DESIGN 10), or
// "". Looks at the wire, as a terminal in any language does.
std::string MissingOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "google.rpc";
  if (details.code() != status.error_code()) return "the same code";
  int reasons = 0;
  std::vector<std::string> locales;
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::LocalizedMessage text;
    if (any.UnpackTo(&info)) {
      if (info.domain() != "shiming") return "our domain";
      if (!ReasonByName(info.reason()).has_value()) return "a known reason";
      ++reasons;
    } else if (any.UnpackTo(&text)) {
      locales.push_back(text.locale());
      const std::optional<Reason> reason =
          ReasonOf(rpc::FromGrpcStatus(status));
      if (!reason.has_value()) return "a reason of ours";
      const ReasonInfo& known = InfoOf(*reason);
      const std::string_view wanted =
          text.locale() == "zh-CN" ? known.zh : known.en;
      if (text.message() != wanted || wanted.empty()) return "its text";
    }
  }
  if (reasons != 1) return "exactly one ErrorInfo";
  if (locales != std::vector<std::string>{"zh-CN", "en"}) {
    return "texts in zh-CN, then en";
  }
  return "";
}

class AccessTest : public E2eTest {};

TEST_F(AccessTest, EveryMethodAsEveryRole) {
  const auto rows = conformance::ReadCsv("tests/testdata/access_matrix.csv");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_FALSE(rows->empty());
  int calls = 0;
  for (const conformance::CsvRow& row : *rows) {
    const std::string& method = row.at("method");
    const auto [port, service] = ServerOf(method);
    for (const auto& [column, expected] : row) {
      if (column == "method") continue;
      const std::string identity = column == "terminal" || column == "display"
                                       ? absl::StrCat(column, "/demo/access")
                                   : column.rfind("svc/", 0) == 0
                                       ? column
                                       : absl::StrCat(column, "/access");
      ASSERT_TRUE(cluster_->MakeIdentity(identity).ok());
      const auto channel = cluster_->ChannelAs(identity, port, service);
      ASSERT_TRUE(channel.ok()) << channel.status();
      const grpc::Status status = CallRaw(*channel, method);
      const std::string reason = ReasonText(rpc::FromGrpcStatus(status));
      EXPECT_EQ(reason == "ACCESS_DENIED", expected == "no")
          << method << " as " << column << ": " << reason;
      // An empty request that is let in is refused for what it lacks; whoever
      // it is, he is told why.
      if (!status.ok() && status.error_code() != grpc::StatusCode::CANCELLED) {
        EXPECT_EQ(MissingOf(status), "")
            << method << " as " << column << ": " << reason;
      }
      ++calls;
    }
  }
  EXPECT_GT(calls, 400);
}

constexpr char kGetStock[] = "/shiming.order.v1.InventoryService/GetStock";

TEST_F(AccessTest, ACallWithoutADeadlineIsRefused) {
  const auto channel = cluster_->ChannelAs("admin/admin-1", Port::kProfileOrder,
                                           "profile_order");
  ASSERT_TRUE(channel.ok());
  const grpc::Status refused = CallRaw(*channel, kGetStock, false);
  EXPECT_EQ(ReasonText(rpc::FromGrpcStatus(refused)), "DEADLINE_REQUIRED");
  EXPECT_EQ(MissingOf(refused), "");
  using Stub = order::v1::InventoryService::Stub;
  Stub stub(*channel);
  EXPECT_EQ(ReasonText(shimingctl::CallBlocking(stub, &Stub::GetStock,
                                                order::v1::GetStockRequest())
                           .status()),
            "OK");
}

TEST_F(AccessTest, AMessageOverTheSizeLimitIsRefused) {
  const auto channel = cluster_->ChannelAs("admin/admin-1", Port::kProfileOrder,
                                           "profile_order");
  ASSERT_TRUE(channel.ok());
  constexpr char kImport[] = "/shiming.order.v1.InventoryService/ImportNumbers";
  order::v1::ImportNumbersRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  request.set_csv(std::string((1 << 20) + 1, 'x'));
  const grpc::Status refused =
      CallRaw(*channel, kImport, true, request.SerializeAsString());
  EXPECT_EQ(ReasonText(rpc::FromGrpcStatus(refused)), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(MissingOf(refused), "");
  // Beyond 4 MiB gRPC itself ends the call (docs/divergences.md).
  request.set_csv(std::string(5 << 20, 'x'));
  EXPECT_EQ(CallRaw(*channel, kImport, true, request.SerializeAsString())
                .error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Whoever was refused goes on.
  using Stub = order::v1::InventoryService::Stub;
  Stub stub(*channel);
  EXPECT_EQ(ReasonText(shimingctl::CallBlocking(stub, &Stub::GetStock,
                                                order::v1::GetStockRequest())
                           .status()),
            "OK");
}

TEST_F(AccessTest, NoCertificateAndOneOfAnotherCaDoNotConnect) {
  std::ifstream file(cluster_->layout().Pki() + "/ca.crt");
  const std::string ca((std::istreambuf_iterator<char>(file)),
                       std::istreambuf_iterator<char>());
  grpc::SslCredentialsOptions nobody;
  nobody.pem_root_certs = ca;
  const std::string address = cluster_->layout().Address(Port::kProfileOrder);
  auto channel = grpc::CreateChannel(address, grpc::SslCredentials(nobody));
  EXPECT_EQ(CallEmpty(channel, kGetStock).code(),
            absl::StatusCode::kUnavailable);

  auto other = shimingctl::DevelopmentPki::Open(
      cluster_->layout().data + "/other_pki", cluster_->layout().trust_domain);
  ASSERT_TRUE(other.ok()) << other.status();
  const auto key = crypto::SigningKey::GenerateP256();
  ASSERT_TRUE(key.ok());
  const auto certificate = other->Certify("admin/admin-1", key->Public());
  ASSERT_TRUE(certificate.ok());
  grpc::SslCredentialsOptions stranger;
  stranger.pem_root_certs = ca;
  stranger.pem_private_key = std::string(key->ToPem().Reveal());
  stranger.pem_cert_chain = *certificate;
  channel = grpc::CreateChannel(address, grpc::SslCredentials(stranger));
  EXPECT_EQ(CallEmpty(channel, kGetStock).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace shiming::e2e
