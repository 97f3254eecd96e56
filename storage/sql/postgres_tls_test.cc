// TLS to the server: on by default, and refused when the certificate is wrong.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/crypto/keys.h"
#include "common/crypto/x509.h"
#include "common/status/status_macros.h"
#include "storage/sql/open_database.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::PostgresServer;
using ::shiming::sql::testing::TempFolder;

class PostgresTlsTest : public ::testing::Test {
 protected:
  static crypto::CertificateAuthority MakeCa(const std::string& name) {
    return *crypto::CertificateAuthority::Create(
        name, absl::Now() - absl::Hours(1), absl::Now() + absl::Hours(1));
  }

  void SetUp() override {
    WritePem("ca.pem", ca_.CertificatePem());
    WritePem("other.pem", MakeCa("another CA").CertificatePem());
    const crypto::SigningKey key = *crypto::SigningKey::GenerateP256();
    auto certificate =
        ca_.Issue(key.Public(), {.common_name = "database",
                                 .dns_names = {"localhost"},
                                 .not_before = absl::Now() - absl::Hours(1),
                                 .not_after = absl::Now() + absl::Hours(1)});
    ASSERT_TRUE(certificate.ok()) << certificate.status();
    server_ = std::make_unique<PostgresServer>(
        PostgresServer::Options{.tls_certificate = *certificate,
                                .tls_key = std::string(key.ToPem().Reveal())});
  }

  void WritePem(const std::string& name, const std::string& pem) {
    std::ofstream(folder_.path() / name) << pem;
  }

  absl::StatusOr<std::unique_ptr<Database>> Open(
      const std::string& host, const std::string& parameters) {
    return OpenDatabase(server_->TcpUrl(host, "patience_ms=1&" + parameters),
                        {.create = true});
  }
  std::string Trusting(const std::string& name) {
    return "sslrootcert=" + (folder_.path() / name).string();
  }

  TempFolder folder_;
  crypto::CertificateAuthority ca_ = MakeCa("test CA");
  std::unique_ptr<PostgresServer> server_;
};

TEST_F(PostgresTlsTest, IsOnByDefault) {
  auto database = Open("localhost", Trusting("ca.pem"));
  ASSERT_TRUE(database.ok()) << database.status();
  absl::Status status =
      (*database)->ReadBlocking([](Snapshot& snapshot) -> absl::Status {
        ASSIGN_OR_RETURN(Rows rows,
                         snapshot.Query("SELECT ssl FROM pg_stat_ssl "
                                        "WHERE pid = pg_backend_pid()",
                                        {}));
        EXPECT_EQ(rows.at(0).Int(0), 1);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(PostgresTlsTest, ACertificateOfAnotherCaIsRefused) {
  EXPECT_TRUE(HasReason(Open("localhost", Trusting("other.pem")).status(),
                        Reason::DATABASE_UNAVAILABLE));
}

TEST_F(PostgresTlsTest, ACertificateForAnotherHostIsRefused) {
  EXPECT_TRUE(HasReason(Open("127.0.0.1", Trusting("ca.pem")).status(),
                        Reason::DATABASE_UNAVAILABLE));
  EXPECT_TRUE(
      Open("127.0.0.1", Trusting("ca.pem") + "&sslmode=verify-ca").ok());
}

TEST_F(PostgresTlsTest, NoTrustedCaIsRefused) {
  EXPECT_TRUE(HasReason(Open("localhost", Trusting("missing.pem")).status(),
                        Reason::DATABASE_UNAVAILABLE));
}

TEST_F(PostgresTlsTest, AServerWithoutTlsIsRefusedUnlessTheUrlSaysSo) {
  PostgresServer plain;
  const std::string trusting = "patience_ms=1&" + Trusting("ca.pem");
  EXPECT_TRUE(HasReason(
      OpenDatabase(plain.TcpUrl("localhost", trusting), {.create = true})
          .status(),
      Reason::DATABASE_UNAVAILABLE));
  EXPECT_TRUE(
      OpenDatabase(plain.TcpUrl("localhost", trusting + "&sslmode=disable"),
                   {.create = true})
          .ok());
}

}  // namespace
}  // namespace shiming::sql
