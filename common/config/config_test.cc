#include "common/config/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "google/rpc/error_details.pb.h"

namespace shiming {
namespace {

// Any message does; this one has text, a map and a repeated field.
using google::rpc::ErrorInfo;

std::string Folder() { return std::getenv("TEST_TMPDIR"); }

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = Folder() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(ConfigTest, LoadsATextFormatFile) {
  const auto config = LoadConfig<ErrorInfo>(WriteFile(
      "good",
      "# comment\nreason: \"R\"\nmetadata { key: \"k\" value: \"v\" }"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->reason(), "R");
  EXPECT_EQ(config->metadata().at("k"), "v");
}

TEST(ConfigTest, ErrorsNameFileLineColumnAndField) {
  const std::string path = WriteFile("bad", "reason: \"R\"\nbogus: 1\n");
  const absl::Status status = LoadConfig<ErrorInfo>(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string text(status.message());
  EXPECT_NE(text.find(path + ":2:"), std::string::npos) << text;
  EXPECT_NE(text.find("bogus"), std::string::npos) << text;
}

TEST(ConfigTest, RefusesWrongTypesAndCutFiles) {
  for (const char* text : {"reason: 1", "reason:", "metadata {",
                           "reason \"R\"x", "reason: \"a\" reason: \"b\""}) {
    EXPECT_EQ(LoadConfig<ErrorInfo>(WriteFile("wrong", text)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ConfigTest, AMissingFileOrAFolderIsNotFound) {
  EXPECT_EQ(LoadConfig<ErrorInfo>(Folder() + "/none").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(LoadConfig<ErrorInfo>(Folder()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(ConfigTest, AnEmptyFileIsAnEmptyMessage) {
  EXPECT_TRUE(LoadConfig<ErrorInfo>(WriteFile("empty", "")).ok());
}

TEST(ConfigTest, RefusesAFileThatIsTooLarge) {
  EXPECT_EQ(
      LoadConfig<ErrorInfo>(WriteFile("large", std::string((4 << 20) + 1, ' ')))
          .status()
          .code(),
      absl::StatusCode::kInvalidArgument);
}

TEST(ConfigTest, PathsAreSeenFromTheFileInWhichTheyStand) {
  EXPECT_EQ(ResolvePath("/etc/shiming/order.textproto", "tls/cert.pem"),
            "/etc/shiming/tls/cert.pem");
  EXPECT_EQ(ResolvePath("/etc/shiming/order.textproto", "../pki/ca.pem"),
            "/etc/pki/ca.pem");
  EXPECT_EQ(ResolvePath("/etc/shiming/order.textproto", "/abs/x"), "/abs/x");
  EXPECT_EQ(ResolvePath("order.textproto", "x"), "x");
  EXPECT_EQ(ResolvePath("/etc/order.textproto", ""), "");
}

TEST(ConfigTest, ConfigErrorNamesTheField) {
  const absl::Status status = ConfigError("tls.cert_file", "is missing");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "config: tls.cert_file: is missing");
}

}  // namespace
}  // namespace shiming
