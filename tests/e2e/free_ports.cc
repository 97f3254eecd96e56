#include "tests/e2e/free_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/crypto/random.h"

namespace shiming::e2e {
namespace {

// As many as a data directory may use.
constexpr int kPorts = 40;

// True when nothing listens on any port of the range.
bool AllFree(int base) {
  for (int port = base; port < base + kPorts; ++port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound =
        bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    if (!bound) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<int> ChoosePortBase() {
  constexpr int kLowest = 12'000;
  constexpr int kRanges = (32'000 - kLowest) / kPorts;
  for (int attempt = 0; attempt < 200; ++attempt) {
    uint32_t number = 0;
    crypto::SystemRandom().Fill(reinterpret_cast<char*>(&number),
                                sizeof(number));
    const int base = kLowest + static_cast<int>(number % kRanges) * kPorts;
    if (AllFree(base)) return base;
  }
  return absl::UnavailableError("no free ports");
}

}  // namespace shiming::e2e
