#include "tools/shiming_terminal/qr_code.h"

#include <png.h>

#include <exception>
#include <qrcodegen/qrcodegen.hpp>

#include "absl/strings/str_cat.h"

namespace shiming::shiming_terminal {
namespace {

// ISO/IEC 18004: four light modules on every side.
constexpr int kQuietZoneModules = 4;

}  // namespace

absl::StatusOr<QrCode> QrCode::Encode(std::string_view text) {
  try {
    const qrcodegen::QrCode code = qrcodegen::QrCode::encodeText(
        std::string(text).c_str(), qrcodegen::QrCode::Ecc::MEDIUM);
    const int inner = code.getSize();
    const int size = inner + 2 * kQuietZoneModules;
    std::vector<bool> modules(size * size, false);
    for (int y = 0; y < inner; ++y) {
      for (int x = 0; x < inner; ++x) {
        modules[(y + kQuietZoneModules) * size + x + kQuietZoneModules] =
            code.getModule(x, y);
      }
    }
    return QrCode(size, std::move(modules));
  } catch (const std::exception&) {
    // qrcodegen throws data_too_long; its text may quote the input.
    return absl::InvalidArgumentError("text does not fit a QR code");
  }
}

std::string QrCode::ToText() const {
  // Half blocks: the upper module in the foreground, the lower one in the
  // background colour.
  std::string out;
  for (int y = 0; y < size_; y += 2) {
    out += "\x1b[30;107m";
    for (int x = 0; x < size_; ++x) {
      const bool upper = dark(x, y);
      const bool lower = y + 1 < size_ && dark(x, y + 1);
      out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    out += "\x1b[0m\n";
  }
  return out;
}

std::string QrCode::ToSvg() const {
  std::string path;
  for (int y = 0; y < size_; ++y) {
    for (int x = 0; x < size_; ++x) {
      if (dark(x, y)) absl::StrAppend(&path, "M", x, " ", y, "h1v1h-1z");
    }
  }
  return absl::StrCat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", size_, " ",
      size_, "\" shape-rendering=\"crispEdges\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path d=\"", path,
      "\" fill=\"#000\"/></svg>\n");
}

absl::StatusOr<std::string> QrCode::ToPng(int scale) const {
  const int side = size_ * scale;
  std::vector<png_byte> pixels(static_cast<size_t>(side) * side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      pixels[static_cast<size_t>(y) * side + x] =
          dark(x / scale, y / scale) ? 0 : 255;
    }
  }
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = side;
  image.height = side;
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  if (!png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0,
                                 nullptr)) {
    return absl::InternalError(image.message);
  }
  std::string out(size, '\0');
  if (!png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), 0,
                                 nullptr)) {
    return absl::InternalError(image.message);
  }
  out.resize(size);
  return out;
}

}  // namespace shiming::shiming_terminal
