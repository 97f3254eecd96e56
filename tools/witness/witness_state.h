// What a witness has cosigned last, log by log, durably. Everything that a
// witness is worth hangs on this memory.
#ifndef SHIMING_TOOLS_WITNESS_WITNESS_STATE_H_
#define SHIMING_TOOLS_WITNESS_WITNESS_STATE_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/witness.h"

namespace shiming::witness {

// A folder with a file "witness.vkey", which names the witness that it belongs
// to, and for each log "<SHA-256 of the origin in hex>.checkpoint", the
// cosigned checkpoint itself. Thread-safe; methods that write block on the
// disk.
class WitnessState {
 private:
  struct Record;

 public:
  // One log's record, held by nobody else meanwhile.
  class Hold {
   public:
    // Size 0 when nothing was cosigned yet.
    ledger::WitnessedTree tree() const;
    // Puts `note`, whose checkpoint is `checkpoint`, in the place of what is
    // there; durable when it returns OK. After an error the next answer goes by
    // the old record; nothing of the new one may have been told to anybody.
    absl::Status Replace(const ledger::Checkpoint& checkpoint,
                         std::string note);

   private:
    friend class WitnessState;
    explicit Hold(Record& record) : record_(&record), lock_(record.mutex) {}

    Record* record_;
    std::unique_lock<std::mutex> lock_;
  };

  // Makes the folder of a new witness. FAILED_PRECONDITION when it is there.
  static absl::Status Create(const std::string& folder,
                             const std::string& vkey);

  // Opens the folder and holds its lock until destroyed. WITNESS_STATE_IN_USE
  // when another process (or object) has it. WITNESS_STATE_INVALID when it is
  // missing, is another witness's, or holds a checkpoint that this witness has
  // not cosigned: a witness without memory must not sign.
  static absl::StatusOr<std::unique_ptr<WitnessState>> Open(
      std::string folder, const ledger::NoteVerifier& own_key);
  ~WitnessState();
  WitnessState(const WitnessState&) = delete;
  WitnessState& operator=(const WitnessState&) = delete;

  // Waits until nobody else holds the log's record.
  Hold HoldLog(const std::string& origin);

  // The cosigned checkpoint of the log whose origin has this hash (64 lower
  // case hexadecimal digits); nullopt when there is none. Waits while somebody
  // writes it.
  std::optional<std::string> CosignedBy(std::string_view origin_hash);

 private:
  struct Record {
    std::mutex mutex;
    std::string file;
    ledger::WitnessedTree tree;  // guarded by mutex, as `note` is
    std::string note;            // empty: nothing cosigned yet
  };

  WitnessState(std::string folder, int lock)
      : folder_(std::move(folder)), lock_(lock) {}
  absl::Status Load(const ledger::NoteVerifier& own_key);
  absl::Status LoadLog(const std::string& file,
                       const ledger::NoteVerifier& own_key);
  Record& RecordOf(const std::string& origin_hash);

  const std::string folder_;
  const int lock_;  // file descriptor
  std::mutex mutex_;
  // By hash of the origin; records stay where they are.
  std::map<std::string, std::unique_ptr<Record>, std::less<>> records_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::witness

#endif  // SHIMING_TOOLS_WITNESS_WITNESS_STATE_H_
