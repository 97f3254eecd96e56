// A shop with many places, in a data directory of `shimingctl init` whose
// services run.
#ifndef SHIMING_TESTS_BENCH_LOAD_BENCH_SHOP_H_
#define SHIMING_TESTS_BENCH_LOAD_BENCH_SHOP_H_

#include <grpcpp/channel.h>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tests/bench/load/place.h"
#include "tools/shiming_terminal/face_engine.h"
#include "tools/shiming_terminal/issuance.h"
#include "tools/shiming_terminal/reveal_requests.h"
#include "tools/shimingctl/layout.h"
#include "tools/shimingctl/pki.h"

namespace shiming::bench {

// Makes places: keys and certificates of the development CA, enrollment by
// admin-1 and admin-2, sign-in. Owns what they share, so it outlives them.
// Blocks; not thread-safe.
class BenchShop {
 public:
  struct Options {
    shimingctl::Layout layout;
    boost::asio::any_io_executor executor;
    // False: nobody is enrolled (the null pipeline has no list).
    bool enroll = true;
    // Folder of its own for device keys; made if absent.
    std::string folder;
  };
  static absl::StatusOr<std::unique_ptr<BenchShop>> Open(Options options);

  // So many places p1, p2 ... of terminal, display and clerk of that name,
  // enrolled and signed in one after the other.
  absl::StatusOr<std::vector<std::unique_ptr<Place>>> MakePlaces(int count);

 private:
  using AdminStub = terminal::v1::TerminalAdminService::Stub;

  BenchShop(Options options, shimingctl::DevelopmentPki pki,
            shiming_terminal::DemoFaceEngine face_engine)
      : options_(std::move(options)),
        pki_(std::move(pki)),
        face_engine_(std::move(face_engine)) {}

  absl::Status ConnectAdmins();
  absl::Status EnrollShop();
  absl::Status EnrollPlace(const std::string& name,
                           const crypto::SigningKey& evidence_key);
  absl::Status ProposeAndApprove(const terminal::v1::ProposalContent& content);
  absl::StatusOr<std::unique_ptr<Place>> MakePlace(const std::string& name);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
      const std::string& identity, shimingctl::Port port,
      const std::string& service) const;
  std::string PublicKeyDer(const std::string& identity) const;

  const Options options_;
  shimingctl::DevelopmentPki pki_;
  const shiming_terminal::DemoFaceEngine face_engine_;
  const SystemClock clock_;
  std::unique_ptr<AdminStub> proposer_;
  std::unique_ptr<AdminStub> approver_;
  std::unique_ptr<shiming_terminal::RevealRequests> reveal_requests_;
  std::unique_ptr<http::HttpClient> phones_;
  // The same for all clerks: hashing is slow on purpose.
  std::unique_ptr<crypto::Secret> password_;
  std::string password_hash_;
  std::unique_ptr<crypto::Secret> totp_seed_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LOAD_BENCH_SHOP_H_
