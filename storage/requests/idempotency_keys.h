// Remembers which requests were done, so that a repeat does nothing twice.
#ifndef SHIMING_STORAGE_REQUESTS_IDEMPOTENCY_KEYS_H_
#define SHIMING_STORAGE_REQUESTS_IDEMPOTENCY_KEYS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/secret.h"
#include "common/time/clock.h"
#include "google/protobuf/message.h"
#include "storage/sql/database.h"
#include "storage/sql/migration.h"

namespace shiming::requests {

// Names a request: request_id within (caller, method).
struct RequestKey {
  std::string caller;      // SPIFFE id of the peer
  std::string method;      // full method name
  std::string request_id;  // UUID, checked by CheckRequestId
};

// Owns the table requests. Stored are a keyed hash of the content and the id
// of what the request made, never the answer. Immutable; thread-safe.
class IdempotencyKeys {
 public:
  struct Options {
    // Must outlive this.
    const Clock& clock;
    // How long a request is remembered at least; the protos promise 24 h.
    absl::Duration kept = absl::Hours(24);
  };

  // Name of the schema for sql::Migrate.
  static constexpr std::string_view kSchema = "requests";
  static std::span<const sql::Migration> Migrations();

  explicit IdempotencyKeys(Options options) : options_(options) {}

  // The id of what the same request made before; nullopt for a new one.
  // REQUEST_ID_REUSED when the key was used with other content.
  absl::StatusOr<std::optional<std::string>> Find(
      sql::Snapshot& snapshot, const RequestKey& key,
      std::string_view content_hash) const;

  // Find, and where it is new stores that it makes `result_id` (not empty) in
  // this transaction: nullopt then, and the caller goes on to make it. With a
  // value the caller answers with that thing's present state. Runs the
  // transaction again when the same request is being done by another.
  absl::StatusOr<std::optional<std::string>> Claim(
      sql::Transaction& tx, const RequestKey& key,
      std::string_view content_hash, std::string_view result_id) const;

  // Forgets up to `limit` requests that are older than `kept`; gives how many
  // were forgotten. Call it in a Write of its own, again while it gives
  // `limit`.
  absl::StatusOr<int64_t> DeleteExpired(sql::Transaction& tx,
                                        int64_t limit = 500) const;

 private:
  const Options options_;
};

// HMAC-SHA-256 of the request's deterministic serialisation: what is stored to
// recognise its content, of which nothing can be guessed without the key.
// Thread-safe.
std::string ContentHash(const crypto::Secret& key,
                        const google::protobuf::Message& request);

}  // namespace shiming::requests

#endif  // SHIMING_STORAGE_REQUESTS_IDEMPOTENCY_KEYS_H_
