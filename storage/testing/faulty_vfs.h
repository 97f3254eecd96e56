// A SQLite file system whose writes and syncs fail when told to.
#ifndef SHIMING_STORAGE_TESTING_FAULTY_VFS_H_
#define SHIMING_STORAGE_TESTING_FAULTY_VFS_H_

namespace shiming::sql::testing {

// Registers the file system; its name is for SqliteOptions::vfs. Thread-safe.
const char* FaultyVfsName();

// From now on each sync fails (an I/O error), or none does.
void FailSyncs(bool fail);

// The n-th write from now on, and no other, fails as on a full disk.
void FailWrite(int n);

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_FAULTY_VFS_H_
