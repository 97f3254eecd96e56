// The sealed indexes that the ledger keeps: made from the entries of a period,
// kept as files beside the tiles (docs/formats/ledger_index.md), made again
// where a file is lost or damaged.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_INDEX_STORE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_INDEX_STORE_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/index/index_seal.h"
#include "ledger/index/sealed_index.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/core/log_files.h"

namespace shiming::issuance_ledger {

// A seal and where its entry stands.
struct FoundSeal {
  StoredEntry entry;
  ledger::PeriodSeal seal;
};

// Thread-safe.
class IndexStore {
 public:
  struct Options {
    // May block on the disk and compute.
    asio::any_io_executor file_executor;
    LedgerStore& store;
    LogFiles& files;
  };
  explicit IndexStore(Options options) : options_(std::move(options)) {}

  // The seal with this number, from 1; nullopt where there is none.
  asio::awaitable<absl::StatusOr<std::optional<FoundSeal>>> FindSeal(
      int64_t number);
  // Number of the last seal; 0 where there is none.
  asio::awaitable<absl::StatusOr<int64_t>> LastSeal();

  // Makes and keeps the indexes of the entries [first, end), which are
  // sequenced; what is to be sealed. Memory: the tokens of these entries.
  asio::awaitable<absl::StatusOr<ledger::PeriodSeal>> Make(int64_t number,
                                                           int64_t first,
                                                           int64_t end);

  // The index of one field, from its file or from the entries, without the
  // tokens of persons who were erased.
  // LEDGER_PROOF_INVALID when the entries do not give the sealed root: then
  // they, or the seal, were changed.
  asio::awaitable<absl::StatusOr<std::shared_ptr<const ledger::SealedIndex>>>
  Load(ledger::PeriodSeal seal, ledger::v1::IndexField field);

  // Takes the tokens of persons who were erased out of the files; the seals of
  // their periods are number 1 to `seal_count`. What is not sealed yet waits.
  // How many entries that were.
  asio::awaitable<absl::StatusOr<int64_t>> RedactFiles(int64_t seal_count);

 private:
  using Tokens = std::shared_ptr<ledger::PeriodTokens>;
  using Keys = std::vector<ledger::IndexKey>;

  // What must not be in the index of this field and these entries.
  asio::awaitable<absl::StatusOr<Keys>> RedactedKeys(
      int64_t first, int64_t end, ledger::v1::IndexField field);
  // The seal of the period that the entry is in; nullopt: it is not sealed yet.
  asio::awaitable<absl::StatusOr<std::optional<FoundSeal>>> SealOf(
      int64_t index, int64_t seal_count);

  asio::awaitable<absl::StatusOr<Tokens>> ReadTokens(int64_t first,
                                                     int64_t end);
  asio::awaitable<absl::StatusOr<std::shared_ptr<const ledger::SealedIndex>>>
  Keep(Tokens tokens, int64_t number, ledger::v1::IndexField field, Keys keys);
  // Into its file.
  absl::Status Write(int64_t number, ledger::v1::IndexField field,
                     const ledger::SealedIndex& index);

  const Options options_;
  std::mutex writing_;  // one writer of a file
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_INDEX_STORE_H_
