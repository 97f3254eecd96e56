// Goal: a backup file gives back exactly what went in, to its recipient only,
// and no other byte, length, key or version goes unnoticed.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/crypto/encoding.h"
#include "common/crypto/fake_random.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/testing/temp_dir.h"
#include "storage/backup/backup_format.h"
#include "storage/backup/backup_keys.h"
#include "storage/backup/backup_reader.h"
#include "storage/backup/backup_writer.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;

class BackupFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeRecipientFiles(folder_.File("ours")).ok());
    ASSERT_TRUE(MakeRecipientFiles(folder_.File("theirs")).ok());
    ASSERT_TRUE(MakeSignerFiles(folder_.File("signer")).ok());
    ASSERT_TRUE(MakeSignerFiles(folder_.File("other_signer")).ok());
  }

  // A file of these contents.
  absl::Status Write(const std::vector<std::string>& contents) {
    BackupWriteOptions options{
        .recipient = recipient(), .signer = signer(), .random = random_};
    options.header.set_kind(v1::BACKUP_KIND_DATA);
    options.header.mutable_create_time()->set_seconds(1700000000);
    options.header.set_set_id(std::string(kSetIdBytes, 's'));
    for (size_t i = 0; i < contents.size(); ++i) {
      const std::string name = "content_" + std::to_string(i);
      options.content_files.push_back(folder_.Write(name, contents[i]));
      v1::BackupContent& content = *options.header.add_contents();
      content.set_name(name);
      content.set_engine(v1::BACKUP_ENGINE_SQLITE);
      SetSummary({.tables = {{"t", 3}},
                  .migrations = {{"a", 1, std::string(32, 'm')}}},
                 content);
    }
    return WriteBackupFile(path(), std::move(options)).status();
  }

  // The first content, by all steps; the first status that is not OK.
  absl::StatusOr<std::string> Read(const std::string& secret = "ours",
                                   const std::string& signer = "signer") {
    const auto key = LoadSignerPublic(folder_.File(signer + ".pub"));
    if (!key.ok()) return key.status();
    auto reader = BackupReader::Open(path(), *key);
    if (!reader.ok()) return reader.status();
    const auto opened = RecipientSecret::Load(folder_.File(secret + ".key"));
    if (!opened.ok()) return opened.status();
    absl::Status status = (*reader)->Unlock(*opened);
    if (!status.ok()) return status;
    const std::string to = folder_.File("extracted");
    std::filesystem::remove(to);
    status = (*reader)->Extract(0, to);
    if (!status.ok()) return status;
    return ReadFile(to);
  }

  void Overwrite(const std::string& bytes) {
    ASSERT_TRUE(ReplaceFile(path(), bytes, FileAccess::kOwner).ok());
  }

  std::string path() const { return folder_.File("backup"); }
  const Recipient& recipient() {
    recipient_.push_back(*Recipient::Load(folder_.File("ours.pub")));
    return recipient_.back();
  }
  const crypto::SigningKey& signer() {
    signer_.push_back(*LoadSigner(folder_.File("signer.key")));
    return signer_.back();
  }

  shiming::testing::TempDir folder_;
  crypto::FakeRandom random_{7};
  std::vector<Recipient> recipient_;
  std::vector<crypto::SigningKey> signer_;
};

TEST_F(BackupFileTest, GivesBackWhatWentIn) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{kChunkBytes},
                            size_t{kChunkBytes + 1}, size_t{3000000}}) {
    SCOPED_TRACE(size);
    std::filesystem::remove(path());
    const std::string bytes = random_.Bytes(size);
    ASSERT_TRUE(Write({bytes, "second"}).ok());
    const auto read = Read();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(*read == bytes);
  }
  struct stat status = {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(BackupFileTest, HeaderSaysWhatIsInIt) {
  ASSERT_TRUE(Write({"abc", ""}).ok());
  const auto key = LoadSignerPublic(folder_.File("signer.pub"));
  auto reader = BackupReader::Open(path(), *key);
  ASSERT_TRUE(reader.ok()) << reader.status();
  const v1::BackupHeader& header = (*reader)->header();
  ASSERT_EQ(header.contents_size(), 2);
  EXPECT_EQ(header.contents(0).size_bytes(), 3);
  EXPECT_EQ(crypto::ToHex(header.contents(0).sha256()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const sql::DatabaseSummary summary = SummaryOf(header.contents(1));
  ASSERT_EQ(summary.tables.size(), 1u);
  EXPECT_EQ(summary.tables[0].rows, 3);
  EXPECT_EQ(header.recipient_sha256(), recipient().Sha256());
  // Nothing of a content before the key is there.
  EXPECT_TRUE(
      absl::IsFailedPrecondition((*reader)->Extract(0, folder_.File("early"))));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("early")));
}

TEST_F(BackupFileTest, NothingInClearIsInTheFile) {
  const std::string secret = "a value that must not be seen";
  ASSERT_TRUE(Write({secret, secret}).ok());
  const auto bytes = ReadFile(path());
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->find(secret), std::string::npos);
}

TEST_F(BackupFileTest, AnotherRecipientOrSignerIsRefused) {
  ASSERT_TRUE(Write({"content"}).ok());
  EXPECT_TRUE(HasReason(Read("theirs").status(), Reason::BACKUP_KEY_WRONG));
  EXPECT_TRUE(HasReason(Read("ours", "other_signer").status(),
                        Reason::BACKUP_KEY_WRONG));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("extracted")));
}

TEST_F(BackupFileTest, EveryOtherByteIsNoticed) {
  ASSERT_TRUE(Write({std::string(50, 'c')}).ok());
  const std::string good = *ReadFile(path());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    Overwrite(bad);
    const absl::Status status = Read().status();
    EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsPermissionDenied(status) ||
                absl::IsFailedPrecondition(status))
        << i << ": " << status;
  }
  Overwrite(good);
  EXPECT_TRUE(Read().ok());
}

TEST_F(BackupFileTest, ACutOrLongerFileIsNoticedBeforeAnythingIsRead) {
  ASSERT_TRUE(Write({std::string(50, 'c')}).ok());
  const std::string good = *ReadFile(path());
  for (size_t size = 0; size < good.size(); ++size) {
    Overwrite(good.substr(0, size));
    EXPECT_TRUE(HasReason(Read().status(), Reason::BACKUP_DAMAGED)) << size;
    EXPECT_FALSE(std::filesystem::exists(folder_.File("extracted"))) << size;
  }
  Overwrite(good + "x");
  EXPECT_TRUE(absl::IsDataLoss(Read().status()));
}

TEST_F(BackupFileTest, ChunksCannotTradePlaces) {
  ASSERT_TRUE(Write({std::string(2 * kChunkBytes, 'c')}).ok());
  std::string bytes = *ReadFile(path());
  const size_t sealed = kChunkBytes + kChunkOverheadBytes;
  const size_t begin = bytes.size() - 2 * sealed;
  Overwrite(bytes.substr(0, begin) + bytes.substr(begin + sealed) +
            bytes.substr(begin, sealed));
  EXPECT_TRUE(absl::IsDataLoss(Read().status()));
}

TEST_F(BackupFileTest, AnotherVersionIsSaidToBeOne) {
  ASSERT_TRUE(Write({"content"}).ok());
  std::string bytes = *ReadFile(path());
  bytes[kMagicWords.size()] = '2';
  Overwrite(bytes);
  EXPECT_TRUE(HasReason(Read().status(), Reason::BACKUP_VERSION));
}

TEST_F(BackupFileTest, NeverWritesOverAFile) {
  ASSERT_TRUE(Write({"content"}).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Write({"content"})));
  EXPECT_EQ(*Read(), "content");
}

TEST_F(BackupFileTest, HeadersOutOfRangeAreNotWritten) {
  EXPECT_TRUE(absl::IsDataLoss(Write({})));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST(BackupKeysTest, KeysOfAnotherFormAreRefused) {
  EXPECT_FALSE(Recipient::Parse("").ok());
  EXPECT_FALSE(Recipient::Parse("shiming-backup-recipient-v1 AAAA").ok());
  const Recipient recipient(std::string(32, 'r'));
  const std::string text = recipient.Text();
  ASSERT_TRUE(Recipient::Parse(text).ok());
  EXPECT_EQ(Recipient::Parse(text)->public_key(), recipient.public_key());
  EXPECT_FALSE(Recipient::Parse(text + "\n").ok());
  EXPECT_FALSE(RecipientSecret::Parse(text).ok());
}

TEST(BackupKeysTest, SecretsThatOthersMayReadAreRefused) {
  shiming::testing::TempDir folder;
  const std::string stem = folder.File("key");
  ASSERT_TRUE(MakeRecipientFiles(stem).ok());
  ASSERT_TRUE(MakeSignerFiles(folder.File("signer")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(MakeRecipientFiles(stem)));
  const auto secret = RecipientSecret::Load(stem + ".key");
  ASSERT_TRUE(secret.ok()) << secret.status();
  EXPECT_EQ(secret->recipient().Text(), folder.Read("key.pub"));
  ASSERT_EQ(chmod((stem + ".key").c_str(), 0644), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      RecipientSecret::Load(stem + ".key").status()));
  ASSERT_TRUE(LoadSigner(folder.File("signer.key")).ok());
  ASSERT_EQ(chmod(folder.File("signer.key").c_str(), 0640), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      LoadSigner(folder.File("signer.key")).status()));
  EXPECT_TRUE(absl::IsNotFound(LoadSigner(folder.File("none")).status()));
}

}  // namespace
}  // namespace shiming::backup
