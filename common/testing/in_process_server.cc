#include "common/testing/in_process_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/statusor.h"

namespace shiming::testing {
namespace {

constexpr int kThreads = 2;

rpc::Peer MakePeer(rpc::Role role, std::string_view shop, std::string_view id,
                   std::string_view key_hash) {
  std::string spiffe_id("spiffe://");
  spiffe_id.append(kTestTrustDomain).append("/").append(rpc::NameOf(role));
  if (!shop.empty()) spiffe_id.append("/").append(shop);
  spiffe_id.append("/").append(id);
  rpc::Peer peer;
  peer.role = role;
  peer.spiffe_id = std::move(spiffe_id);
  peer.shop = std::string(shop);
  peer.id = std::string(id);
  peer.key_hash = std::string(key_hash);
  return peer;
}

}  // namespace

rpc::Peer TerminalPeer(std::string_view shop, std::string_view terminal,
                       std::string_view key_hash) {
  return MakePeer(rpc::Role::kTerminal, shop, terminal, key_hash);
}

rpc::Peer DisplayPeer(std::string_view shop, std::string_view display,
                      std::string_view key_hash) {
  return MakePeer(rpc::Role::kDisplay, shop, display, key_hash);
}

rpc::Peer ServicePeer(std::string_view name) {
  return MakePeer(rpc::Role::kService, "", name, "");
}

rpc::Peer AdminPeer(std::string_view id) {
  return MakePeer(rpc::Role::kAdmin, "", id, "");
}

rpc::Peer AuditorPeer(std::string_view id) {
  return MakePeer(rpc::Role::kAuditor, "", id, "");
}

InProcessServer::InProcessServer(
    const std::vector<rpc::AccessRow>& access_table)
    : runtime_(kThreads),
      dispatcher_({.runtime = runtime_,
                   .metrics = metrics_,
                   .trust_domain = std::string(kTestTrustDomain),
                   .access_table = access_table}) {}

InProcessServer::~InProcessServer() { Stop(); }

void InProcessServer::Serve(std::vector<grpc::Service*> services) {
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start(
      {.dispatcher = dispatcher_, .services = std::move(services)});
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    std::abort();
  }
  server_ = *std::move(server);
}

std::shared_ptr<grpc::Channel> InProcessServer::Channel(rpc::Peer peer) {
  return server_->InProcessChannelAs(std::move(peer));
}

void InProcessServer::Stop() { server_.reset(); }

}  // namespace shiming::testing
