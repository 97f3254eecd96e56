#include "storage/sql/postgres_cancel.h"

#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <thread>

namespace shiming::sql {

void CancelStatement(PGconn* connection) {
  static std::atomic<int>& running = *new std::atomic<int>(0);
  if (running.fetch_add(1) >= kMaxCancellations) {
    --running;
    return;
  }
  PGcancel* cancel = PQgetCancel(connection);
  if (cancel == nullptr) {
    --running;
    return;
  }
  std::thread([cancel] {
    std::array<char, 256> error{};
    PQcancel(cancel, error.data(), static_cast<int>(error.size()));
    PQfreeCancel(cancel);
    --running;
  }).detach();
}

}  // namespace shiming::sql
