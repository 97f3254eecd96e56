#include "common/process/host.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/rpc/channel.h"
#include "common/rpc/peer.h"
#include "common/status/status_macros.h"

namespace shiming::process {

Host::Host(Options options)
    : options_(std::move(options)),
      clock_jump_(options_.metrics.gauge(
          "shiming_clock_jump_seconds",
          "How far the wall clock was set since the start; over 30 either way "
          "this process is not ready",
          {})) {}

Host::~Host() {
  Stop();
  while (!ended_.empty()) ended_.pop_back();
}

absl::Status Host::Start(std::stop_token stop) {
  for (const RoomPlan& plan : options_.plans) {
    RETURN_IF_ERROR(StartRoom(plan, stop));
    Log(Severity::kInfo, "room serves", {{"room", plan.name}});
  }
  std::lock_guard<std::mutex> lock(mutex_);
  started_ = true;
  return absl::OkStatus();
}

absl::Status Host::StartRoom(const RoomPlan& plan, std::stop_token stop) {
  auto hosted = std::make_unique<Hosted>();
  hosted->name = plan.name;
  hosted->dispatcher = std::make_unique<rpc::Dispatcher>(
      rpc::Dispatcher::Options{.runtime = options_.runtime,
                               .metrics = options_.metrics,
                               .trust_domain = plan.process.trust_domain()});
  ASSIGN_OR_RETURN(
      hosted->room,
      plan.make({.runtime = options_.runtime,
                 .dispatcher = *hosted->dispatcher,
                 .clock = options_.clock,
                 .random = options_.random,
                 .metrics = options_.metrics,
                 .channel_to = [this, &plan](const config::v1::Target& target) {
                   return ChannelTo(plan, target);
                 }}));
  absl::Status status = hosted->room->Start(stop);
  if (!status.ok()) {
    hosted->room->Stop();
    return status;
  }
  if (!hosted->room->services().empty()) {
    const config::v1::TlsFiles& tls = plan.process.tls();
    absl::StatusOr<std::unique_ptr<rpc::Server>> server =
        rpc::Server::Start({.listen = plan.process.listen(),
                            .tls = {.cert = tls.certificate_file(),
                                    .key = tls.key_file(),
                                    .ca = tls.ca_file()},
                            .dispatcher = *hosted->dispatcher,
                            .services = hosted->room->services()});
    if (!server.ok()) {
      hosted->room->Stop();
      return server.status();
    }
    hosted->server = *std::move(server);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  hosted_.push_back(std::move(hosted));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Host::ChannelTo(
    const RoomPlan& caller, const config::v1::Target& target) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const std::unique_ptr<Hosted>& hosted : hosted_) {
      if (hosted->name == target.service() && hosted->server != nullptr) {
        return hosted->server->InProcessChannel(caller.name);
      }
    }
  }
  const config::v1::TlsFiles& tls = caller.process.tls();
  return rpc::Connect({.address = target.address(),
                       .tls = {.cert = tls.certificate_file(),
                               .key = tls.key_file(),
                               .ca = tls.ca_file()},
                       .server_spiffe_id = rpc::ServiceSpiffeId(
                           caller.process.trust_domain(), target.service())});
}

absl::Status Host::Ready() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return absl::UnavailableError("stopping");
  if (!started_) return absl::UnavailableError("starting");
  clock_jump_.Set(absl::ToDoubleSeconds(clock_watch_.Jump()));
  const absl::Status clock = clock_watch_.Check();
  absl::Status all = clock;
  for (const std::unique_ptr<Hosted>& hosted : hosted_) {
    const absl::Status status = clock.ok() ? hosted->room->Ready() : clock;
    if (hosted->server != nullptr) hosted->server->SetServing(status.ok());
    all.Update(status);
  }
  return all;
}

void Host::Stop() {
  std::vector<std::unique_ptr<Hosted>> hosted;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    hosted.swap(hosted_);
  }
  // The last room calls the ones before it, so it goes first.
  for (auto last = hosted.rbegin(); last != hosted.rend(); ++last) {
    if ((*last)->server != nullptr) (*last)->server->Drain();
    (*last)->room->Stop();
  }
  ended_ = std::move(hosted);
}

std::map<std::string, int> Host::ports() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::map<std::string, int> ports;
  for (const std::unique_ptr<Hosted>& hosted : hosted_) {
    if (hosted->server != nullptr) {
      ports[hosted_.size() == 1 ? "grpc" : hosted->name] =
          hosted->server->port();
    }
    for (const auto& [name, port] : hosted->room->ports()) ports[name] = port;
  }
  return ports;
}

}  // namespace shiming::process
