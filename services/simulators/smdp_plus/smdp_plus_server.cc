#include "services/simulators/smdp_plus/smdp_plus_server.h"

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "common/http/address.h"
#include "common/status/status_macros.h"

namespace shiming::smdp_plus {
namespace {

constexpr absl::Duration kStopGrace = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<SmdpPlusServer>> SmdpPlusServer::Start(
    SmdpPlusOptions options, rpc::Runtime& runtime, crypto::Random& random,
    const Clock& clock) {
  ASSIGN_OR_RETURN(const http::HostPort device_address,
                   http::ParseHostPort(options.device_listen));
  if (!device_address.IsLoopback()) {
    return absl::InvalidArgumentError(
        "devices and control are for loopback addresses only: " +
        options.device_listen);
  }
  std::unique_ptr<SmdpPlusServer> server(new SmdpPlusServer(runtime));
  // (1) State.
  options.book.random = &random;
  ASSIGN_OR_RETURN(server->smdp_, Smdp::Open({options.book, options.state_file,
                                              options.stock_csv}));
  Smdp& smdp = *server->smdp_;
  // (2) Notices.
  http::HttpClient::Options client;
  client.executor = runtime.executor();
  client.base_url = options.notice_url;
  client.tls = options.tls;
  client.tls->ca_file = options.notice_ca_file;
  ASSIGN_OR_RETURN(server->notice_client_,
                   http::HttpClient::Create(std::move(client)));
  NoticeSender::Options notices;
  notices.executor = runtime.executor();
  notices.client = server->notice_client_.get();
  notices.requester = options.own_requester;
  notices.faults = &server->faults_;
  notices.delivered = std::bind_front(&Smdp::MarkDelivered, &smdp);
  server->notices_ = std::make_unique<NoticeSender>(std::move(notices));
  smdp.SetNoticeSink(
      std::bind_front(&NoticeSender::Send, server->notices_.get()));
  // (3) Listeners.
  server->es2plus_ = std::make_unique<Es2PlusApi>(
      Es2PlusApi::Options{options.requester, options.smdp_address}, smdp,
      server->faults_);
  ControlApi::Options control;
  control.smdp_address = options.smdp_address;
  control.smdp = &smdp;
  control.faults = &server->faults_;
  control.notices = server->notices_.get();
  control.clock = &clock;
  server->control_ = std::make_unique<ControlApi>(std::move(control));
  http::HttpServer::Options es2plus_server;
  es2plus_server.executor = runtime.executor();
  es2plus_server.listen = options.listen;
  es2plus_server.tls = options.tls;
  es2plus_server.handler =
      std::bind_front(&Es2PlusApi::Answer, server->es2plus_.get());
  ASSIGN_OR_RETURN(server->es2plus_server_,
                   http::HttpServer::Start(std::move(es2plus_server)));
  http::HttpServer::Options device_server;
  device_server.executor = runtime.executor();
  device_server.listen = options.device_listen;
  device_server.handler =
      std::bind_front(&ControlApi::Answer, server->control_.get());
  ASSIGN_OR_RETURN(server->device_server_,
                   http::HttpServer::Start(std::move(device_server)));
  return server;
}

SmdpPlusServer::~SmdpPlusServer() {
  if (es2plus_server_ != nullptr) es2plus_server_->Stop(kStopGrace);
  if (device_server_ != nullptr) device_server_->Stop(kStopGrace);
  runtime_.Stop();
}

}  // namespace shiming::smdp_plus
