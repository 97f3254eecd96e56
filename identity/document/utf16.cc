#include "identity/document/utf16.h"

#include <iconv.h>

#include "common/status/check.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::identity {
namespace {

// One conversion descriptor; not thread-safe, so each thread has its own.
class Converter {
 public:
  Converter(const char* to, const char* from)
      : descriptor_(iconv_open(to, from)) {
    SHIMING_CHECK(descriptor_ != reinterpret_cast<iconv_t>(-1),
                  "glibc converts UTF-16LE");
  }
  ~Converter() { iconv_close(descriptor_); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // `in` converted; BAD_TEXT when it is malformed. The result of a character
  // is never longer than three bytes for each byte of it.
  absl::StatusOr<std::string> Convert(std::string_view in) {
    iconv(descriptor_, nullptr, nullptr, nullptr, nullptr);
    std::string out(in.size() * 3, '\0');
    // iconv reads through a char** and does not write there.
    char* from = const_cast<char*>(in.data());
    size_t from_left = in.size();
    char* to = out.data();
    size_t to_left = out.size();
    const size_t result = iconv(descriptor_, &from, &from_left, &to, &to_left);
    if (result != 0 || from_left != 0) {
      return MakeError(Reason::BAD_TEXT, "text is not valid Unicode");
    }
    out.resize(out.size() - to_left);
    return out;
  }

 private:
  const iconv_t descriptor_;
};

absl::Status RefuseNul(std::string_view utf8) {
  if (utf8.find('\0') == std::string_view::npos) return absl::OkStatus();
  return MakeError(Reason::BAD_TEXT, "text holds a NUL");
}

}  // namespace

absl::StatusOr<std::string> Utf16LeToUtf8(std::string_view utf16le) {
  thread_local Converter converter("UTF-8", "UTF-16LE");
  ASSIGN_OR_RETURN(std::string utf8, converter.Convert(utf16le));
  RETURN_IF_ERROR(RefuseNul(utf8));
  return utf8;
}

absl::StatusOr<std::string> Utf8ToUtf16Le(std::string_view utf8) {
  thread_local Converter converter("UTF-16LE", "UTF-8");
  RETURN_IF_ERROR(RefuseNul(utf8));
  return converter.Convert(utf8);
}

}  // namespace shiming::identity
