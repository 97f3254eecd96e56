#include "common/rpc/server.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/rpc/metadata.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

// gRPC cuts a message above this off before anything of ours sees it; between
// kMaxMessageBytes and this the caller gets our reason and texts.
constexpr int kHardMaxMessageBytes = 4 << 20;
constexpr int kMaxStreamsPerConnection = 64;
constexpr int kMinPingIntervalMs = 20'000;
constexpr int kMaxConnectionAgeMs = 30 * 60'000;
constexpr int kMaxConnectionAgeGraceMs = 60'000;
constexpr absl::Duration kCloseGrace = absl::Milliseconds(500);

// Learns the names of all services while a server is built: gRPC tells them
// to plugins only (as its own reflection gets them).
class ServiceNames : public grpc::ServerBuilderPlugin {
 public:
  explicit ServiceNames(std::vector<std::string>* out) : out_(out) {}
  std::string name() override { return "shiming_service_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override {
    *out_ = *initializer->GetServiceList();
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  std::vector<std::string>* const out_;
};

class ServiceNamesOption : public grpc::ServerBuilderOption {
 public:
  explicit ServiceNamesOption(std::vector<std::string>* out) : out_(out) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->push_back(std::make_unique<ServiceNames>(out_));
  }

 private:
  std::vector<std::string>* const out_;
};

// "/package.Service/Method" of every method of `services`.
absl::StatusOr<std::vector<std::string>> MethodsOf(
    const std::vector<std::string>& services) {
  std::vector<std::string> methods;
  for (const std::string& name : services) {
    const google::protobuf::ServiceDescriptor* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    if (service == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("no descriptor of service ", name));
    }
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(
          absl::StrCat("/", name, "/", service->method(i)->name()));
    }
  }
  return methods;
}

// Puts the credential into each call of an in-process channel.
class CredentialInterceptor : public grpc::experimental::Interceptor {
 public:
  explicit CredentialInterceptor(const std::string& credential)
      : credential_(credential) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::
                PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kInProcessKey, credential_);
    }
    methods->Proceed();
  }

 private:
  const std::string& credential_;  // of the factory
};

class CredentialInterceptorFactory
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit CredentialInterceptorFactory(std::string credential)
      : credential_(std::move(credential)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new CredentialInterceptor(credential_);
  }

 private:
  const std::string credential_;
};

}  // namespace

Server::Server(const Options& options)
    : dispatcher_(options.dispatcher),
      drain_delay_(options.drain_delay),
      health_(options.dispatcher),
      reflection_(options.dispatcher) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  std::unique_ptr<Server> server(new Server(options));
  RETURN_IF_ERROR(server->Listen(options));
  return server;
}

absl::Status Server::Listen(const Options& options) {
  grpc::ServerBuilder builder;
  for (grpc::Service* service : options.services) {
    builder.RegisterService(service);
  }
  builder.RegisterService(&health_);
  builder.RegisterService(&reflection_);
  builder.SetMaxReceiveMessageSize(kHardMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             kMaxConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             kMaxConnectionAgeGraceMs);
  // Two processes on one port would share its calls at random.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::vector<std::string> services;
  builder.SetOption(std::make_unique<ServiceNamesOption>(&services));
  if (!options.listen.empty()) {
    ASSIGN_OR_RETURN(auto credentials, ServerTls(options.tls));
    builder.AddListeningPort(options.listen, credentials, &port_);
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || (!options.listen.empty() && port_ == 0)) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.listen));
  }
  // Calls that came meanwhile have been refused by the dispatcher.
  ASSIGN_OR_RETURN(const std::vector<std::string> methods, MethodsOf(services));
  if (const auto missing = dispatcher_.MethodsWithoutRow(methods);
      !missing.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no row in the access table for ", absl::StrJoin(missing, ", ")));
  }
  reflection_.SetServices(services);
  health_.SetServices(services);
  dispatcher_.Open();
  health_.SetServing(true);
  return absl::OkStatus();
}

Server::~Server() {
  Drain();
  Close();
}

std::shared_ptr<grpc::Channel> Server::InProcessChannel(std::string_view name) {
  Peer peer;
  peer.role = Role::kService;
  peer.spiffe_id = ServiceSpiffeId(dispatcher_.peers().trust_domain(), name);
  peer.id = std::string(name);
  return InProcessChannelAs(std::move(peer));
}

std::shared_ptr<grpc::Channel> Server::InProcessChannelAs(Peer peer) {
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      factories;
  has_in_process_channel_ = true;
  factories.push_back(std::make_unique<CredentialInterceptorFactory>(
      dispatcher_.peers().AddInProcessPeer(std::move(peer))));
  return server_->experimental().InProcessChannelWithInterceptors(
      grpc::ChannelArguments(), std::move(factories));
}

void Server::SetServing(bool serving) { health_.SetServing(serving); }

void Server::Drain(absl::Duration limit) {
  if (server_ == nullptr || std::exchange(drained_, true)) return;
  const absl::Time deadline = absl::Now() + drain_delay_ + limit;
  health_.SetServing(false);
  if (drain_delay_ > absl::ZeroDuration()) absl::SleepFor(drain_delay_);
  dispatcher_.EndStreams();
  const bool idle = dispatcher_.WaitIdle(deadline);
  // Closing cuts the callers off; handlers end when they end.
  if (!has_in_process_channel_) Close();
  if (!idle) dispatcher_.WaitIdle(absl::InfiniteFuture());
}

void Server::Close() {
  if (server_ == nullptr) return;
  // A moment for answers that are on their way; all handlers have ended, or
  // the drain's time is over.
  server_->Shutdown(absl::ToChronoTime(absl::Now() + kCloseGrace));
  server_->Wait();
}

}  // namespace shiming::rpc
