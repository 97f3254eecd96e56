#include "storage/testing/faulty_vfs.h"

#include <sqlite3.h>

#include <atomic>

namespace shiming::sql::testing {
namespace {

constexpr char kName[] = "shiming_faulty";

std::atomic<bool> syncs_fail{false};
std::atomic<int> writes_until_failure{0};  // 0: none

// SQLite allocates szOsFile bytes: this, then the real file.
struct FaultyFile {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_vfs* RealVfs() { return sqlite3_vfs_find(nullptr); }

sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<FaultyFile*>(file)->real;
}

// Calls the same method of the real file.
#define FORWARD(method, file, ...) \
  Real(file)->pMethods->method(Real(file) __VA_OPT__(, ) __VA_ARGS__)

int Close(sqlite3_file* f) { return FORWARD(xClose, f); }
int Read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return FORWARD(xRead, f, to, n, at);
}
int Write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  int left = writes_until_failure.load();
  if (left > 0 && writes_until_failure.fetch_sub(1) == 1) return SQLITE_FULL;
  return FORWARD(xWrite, f, from, n, at);
}
int Truncate(sqlite3_file* f, sqlite3_int64 n) {
  return FORWARD(xTruncate, f, n);
}
int Sync(sqlite3_file* f, int flags) {
  if (syncs_fail.load()) return SQLITE_IOERR_FSYNC;
  return FORWARD(xSync, f, flags);
}
int FileSize(sqlite3_file* f, sqlite3_int64* n) {
  return FORWARD(xFileSize, f, n);
}
int Lock(sqlite3_file* f, int level) { return FORWARD(xLock, f, level); }
int Unlock(sqlite3_file* f, int level) { return FORWARD(xUnlock, f, level); }
int CheckReservedLock(sqlite3_file* f, int* out) {
  return FORWARD(xCheckReservedLock, f, out);
}
int FileControl(sqlite3_file* f, int op, void* arg) {
  return FORWARD(xFileControl, f, op, arg);
}
int SectorSize(sqlite3_file* f) { return FORWARD(xSectorSize, f); }
int DeviceCharacteristics(sqlite3_file* f) {
  return FORWARD(xDeviceCharacteristics, f);
}
int ShmMap(sqlite3_file* f, int page, int size, int extend,
           void volatile** out) {
  return FORWARD(xShmMap, f, page, size, extend, out);
}
int ShmLock(sqlite3_file* f, int offset, int n, int flags) {
  return FORWARD(xShmLock, f, offset, n, flags);
}
void ShmBarrier(sqlite3_file* f) { FORWARD(xShmBarrier, f); }
int ShmUnmap(sqlite3_file* f, int remove) {
  return FORWARD(xShmUnmap, f, remove);
}
#undef FORWARD

// Version 2: with shared memory for WAL, without memory-mapped reads.
constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize = FileSize,
    .xLock = Lock,
    .xUnlock = Unlock,
    .xCheckReservedLock = CheckReservedLock,
    .xFileControl = FileControl,
    .xSectorSize = SectorSize,
    .xDeviceCharacteristics = DeviceCharacteristics,
    .xShmMap = ShmMap,
    .xShmLock = ShmLock,
    .xShmBarrier = ShmBarrier,
    .xShmUnmap = ShmUnmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags,
         int* out_flags) {
  auto* faulty = reinterpret_cast<FaultyFile*>(file);
  faulty->real = reinterpret_cast<sqlite3_file*>(faulty + 1);
  int code = RealVfs()->xOpen(RealVfs(), name, faulty->real, flags, out_flags);
  file->pMethods = code == SQLITE_OK ? &kMethods : nullptr;
  return code;
}

}  // namespace

const char* FaultyVfsName() {
  static const bool registered = [] {
    static sqlite3_vfs vfs = *RealVfs();
    vfs.szOsFile += sizeof(FaultyFile);
    vfs.pNext = nullptr;
    vfs.zName = kName;
    vfs.xOpen = Open;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  return registered ? kName : "";
}

void FailSyncs(bool fail) { syncs_fail = fail; }

void FailWrite(int n) { writes_until_failure = n; }

}  // namespace shiming::sql::testing
