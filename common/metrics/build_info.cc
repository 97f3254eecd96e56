#include "common/metrics/build_info.h"

#include <elf.h>
#include <link.h>

#include <cstring>

#include "common/crypto/encoding.h"

namespace shiming {
namespace {

constexpr size_t kRevisionDigits = 12;

// Looks through one segment of notes for the build id; "" if it is not there.
std::string BuildIdIn(const char* notes, size_t size) {
  const auto align = [](size_t n) { return (n + 3) & ~size_t{3}; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof(note));
    const size_t total =
        sizeof(note) + align(note.n_namesz) + align(note.n_descsz);
    if (total > size) return "";
    const char* name = notes + sizeof(note);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(name, "GNU", 4) == 0) {
      return crypto::ToHex({name + 4, note.n_descsz});
    }
    notes += total;
    size -= total;
  }
  return "";
}

// Called with the executable first; stops there.
int ReadBuildId(dl_phdr_info* info, size_t, void* out) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const std::string id = BuildIdIn(
        reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr),
        segment.p_memsz);
    if (!id.empty()) *static_cast<std::string*>(out) = id;
  }
  return 1;
}

std::string FindRevision() {
  std::string id;
  dl_iterate_phdr(ReadBuildId, &id);
  return id.empty() ? "unknown" : id.substr(0, kRevisionDigits);
}

}  // namespace

std::string_view BuildVersion() { return "0.1.0"; }

std::string BuildRevision() {
  static const std::string& revision = *new std::string(FindRevision());
  return revision;
}

}  // namespace shiming
