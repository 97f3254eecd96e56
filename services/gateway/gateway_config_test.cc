#include "services/gateway/gateway_config.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/temp_dir.h"

namespace shiming::gateway {
namespace {

constexpr char kHash[] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

config::v1::GatewayConfig Valid() {
  config::v1::GatewayConfig config;
  config.mutable_process()->set_trust_domain("shiming.test");
  config.mutable_process()->set_admin_listen("127.0.0.1:0");
  auto& notices = *config.mutable_notices();
  notices.set_listen("127.0.0.1:0");
  notices.mutable_tls()->set_certificate_file("c");
  notices.mutable_tls()->set_key_file("k");
  notices.mutable_tls()->set_ca_file("a");
  auto& peer = *notices.add_peers();
  peer.set_smdp("smdp-1");
  peer.add_key_sha256(kHash);
  peer.set_requester("2.999.1.1");
  auto& log = *config.mutable_log();
  log.set_listen("127.0.0.1:0");
  log.mutable_tls()->set_certificate_file("c");
  log.mutable_tls()->set_key_file("k");
  log.set_folder("f");
  return config;
}

TEST(GatewayConfigTest, NamesTheFieldThatIsWrong) {
  EXPECT_TRUE(CheckGatewayConfig(Valid()).ok());
  struct Case {
    void (*spoil)(config::v1::GatewayConfig&);
    const char* field;
  };
  for (const Case& c : {
           Case{[](auto& g) { g.mutable_notices()->set_listen("x"); },
                "notices.listen"},
           Case{[](auto& g) { g.mutable_notices()->mutable_tls()->Clear(); },
                "notices.tls.certificate_file"},
           Case{[](auto& g) {
                  g.mutable_notices()->mutable_tls()->clear_ca_file();
                },
                "notices.tls.ca_file"},
           Case{[](auto& g) { g.mutable_notices()->clear_peers(); },
                "notices.peers"},
           Case{[](auto& g) {
                  g.mutable_notices()->mutable_peers(0)->clear_requester();
                },
                "notices.peers[0].requester"},
           Case{[](auto& g) {
                  g.mutable_notices()->mutable_peers(0)->add_key_sha256("12");
                },
                "notices.peers[0].key_sha256"},
           Case{[](auto& g) {
                  g.mutable_notices()->mutable_peers(0)->add_key_sha256(kHash);
                },
                "notices.peers[0].key_sha256"},
           Case{[](auto& g) { g.mutable_log()->clear_folder(); }, "log.folder"},
       }) {
    config::v1::GatewayConfig config = Valid();
    c.spoil(config);
    const absl::Status status = CheckGatewayConfig(config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.field;
    EXPECT_NE(status.ToString().find(c.field), std::string::npos)
        << c.field << " in " << status;
  }
}

TEST(GatewayConfigTest, TheLogIsOptional) {
  config::v1::GatewayConfig config = Valid();
  config.clear_log();
  EXPECT_TRUE(CheckGatewayConfig(config).ok());
}

TEST(GatewayConfigTest, RelativePathsCountFromTheFile) {
  const testing::TempDir dir;
  std::string text;
  google::protobuf::TextFormat::PrintToString(Valid(), &text);
  const auto config = LoadGatewayConfig(dir.Write("gateway.textproto", text));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->notices().tls().key_file(), dir.File("k"));
  EXPECT_EQ(config->log().folder(), dir.File("f"));
  EXPECT_EQ(config->process().log_file(), "");
}

}  // namespace
}  // namespace shiming::gateway
