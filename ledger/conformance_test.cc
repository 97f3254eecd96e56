// Goal: every section of the transparency-log vectors holds for our library.
// The file is data: another one of the same form runs through with
// --vectors=FILE. A section that the file lacks fails, as does one that this
// test does not know.
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/time/time.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/keys.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/hasher.h"
#include "ledger/note.h"
#include "ledger/policy.h"
#include "ledger/proofs.h"
#include "ledger/text.h"
#include "ledger/tiles.h"
#include "ledger/tlog_proof.h"
#include "ledger/tree.h"
#include "ledger/witness.h"
#include "nlohmann/json.hpp"

ABSL_FLAG(std::string, vectors, "tests/testdata/transparency_log.json",
          "vector file of the form transparency-log-vectors/1");

namespace shiming::ledger {
namespace {

using nlohmann::json;

const json& Vectors() {
  static const json& vectors = *[] {
    std::ifstream file(absl::GetFlag(FLAGS_vectors));
    EXPECT_TRUE(file) << "cannot read " << absl::GetFlag(FLAGS_vectors);
    return new json(json::parse(file));
  }();
  return vectors;
}

std::string Text(const json& value) { return value.get<std::string>(); }
uint64_t Number(const json& value) { return value.get<uint64_t>(); }

std::string Bytes(const json& hex) {
  auto bytes = crypto::FromHex(Text(hex));
  EXPECT_TRUE(bytes.ok()) << hex;
  return bytes.value_or("");
}

std::string FromB64(const json& base64) {
  auto bytes = crypto::FromBase64(Text(base64));
  EXPECT_TRUE(bytes.ok()) << base64;
  return bytes.value_or("");
}

std::vector<Hash> Path(const json& path) {
  std::vector<Hash> hashes;
  for (const json& hash : path) hashes.push_back(Bytes(hash));
  return hashes;
}

std::string EntryAt(uint64_t index) { return "leaf-" + std::to_string(index); }

NoteVerifier Verifier(const json& vkey) {
  auto verifier = NoteVerifier::Parse(Text(vkey));
  EXPECT_TRUE(verifier.ok()) << verifier.status();
  return *std::move(verifier);
}

const json& KeyNamed(const std::string& key) { return Vectors()["keys"][key]; }

NoteSigner SignerNamed(const std::string& key) {
  const json& vector = KeyNamed(key);
  auto signing = crypto::SigningKey::FromEd25519Seed(
      Bytes(vector["TEST_ONLY_private_seed"]));
  auto signer =
      Text(vector["type"]) == "04"
          ? NoteSigner::ForWitness(Text(vector["name"]), *std::move(signing))
          : NoteSigner::ForLog(Text(vector["name"]), *std::move(signing));
  EXPECT_TRUE(signer.ok()) << signer.status();
  return *std::move(signer);
}

// A whole log in memory, as its files.
class MemoryLog {
 public:
  explicit MemoryLog(uint64_t size, Hasher hasher = Hasher())
      : edge_(hasher), size_(size) {
    std::vector<std::string> pending;
    for (uint64_t i = 0; i < size; ++i) {
      pending.push_back(EntryAt(i));
      std::vector<TileEdge::Tile> filled;
      edge_.Append(hasher.Leaf(pending.back()), &filled);
      if (pending.size() == kTileWidth || i + 1 == size) {
        files_[TilePath({.index = i / kTileWidth,
                         .width = pending.size(),
                         .is_bundle = true})] = *EncodeBundle(pending);
        pending.clear();
      }
      for (const auto& tile : filled) files_[TilePath(tile.id)] = tile.bytes;
    }
    for (const auto& tile : edge_.Partials()) {
      files_[TilePath(tile.id)] = tile.bytes;
    }
  }

  std::map<std::string, std::string>& files() { return files_; }
  const TileEdge& edge() const { return edge_; }

  FileReader Reader() const {
    return [this](std::string_view path) -> absl::StatusOr<std::string> {
      const auto file = files_.find(std::string(path));
      if (file == files_.end()) return absl::NotFoundError("no such file");
      return file->second;
    };
  }

  SubtreeReader Subtrees(Hasher hasher = Hasher()) const {
    return SubtreesFromTiles(hasher, TilesOf(Reader()), size_);
  }

 private:
  TileEdge edge_;
  uint64_t size_;
  std::map<std::string, std::string> files_;
};

TEST(TransparencyLogVectors, FileHasTheFormAndNoUnknownSection) {
  EXPECT_EQ(Text(Vectors()["format"]), "transparency-log-vectors/1");
  const std::set<std::string> known = {"format",
                                       "title",
                                       "warning",
                                       "encoding",
                                       "entry_rule",
                                       "hashing",
                                       "entries",
                                       "roots",
                                       "inclusion",
                                       "consistency",
                                       "inclusion_invalid",
                                       "consistency_invalid",
                                       "index_encoding",
                                       "tile_geometry",
                                       "resources",
                                       "entry_bundles",
                                       "entry_bundles_invalid",
                                       "keys",
                                       "vkeys_invalid",
                                       "signed_notes",
                                       "signed_notes_invalid",
                                       "checkpoints",
                                       "checkpoints_invalid_text",
                                       "cosignatures",
                                       "witness_add_checkpoint",
                                       "tlog_proofs",
                                       "tlog_proofs_invalid",
                                       "sm3_profile",
                                       "mldsa44_cosignature_sample"};
  for (const auto& [section, unused] : Vectors().items()) {
    EXPECT_TRUE(known.contains(section)) << section;
  }
}

TEST(TransparencyLogVectors, Hashing) {
  const json& hashing = Vectors().at("hashing");
  const Hasher hasher;
  EXPECT_EQ(hasher.EmptyRoot(), Bytes(hashing["empty_tree_root"]));
  for (const json& leaf : hashing["leaf"]) {
    std::string data;
    if (leaf["data"].is_string()) {
      data = Bytes(leaf["data"]);
    } else {
      data = std::string(Number(leaf["data_repeat"]["count"]),
                         Bytes(leaf["data_repeat"]["byte"])[0]);
    }
    EXPECT_EQ(data.size(), Number(leaf["data_length"]));
    EXPECT_EQ(hasher.Leaf(data), Bytes(leaf["leaf_hash"]));
  }
  for (const json& node : hashing["node"]) {
    EXPECT_EQ(hasher.Node(Bytes(node["left"]), Bytes(node["right"])),
              Bytes(node["node_hash"]));
  }
}

TEST(TransparencyLogVectors, Entries) {
  uint64_t index = 0;
  for (const json& entry : Vectors().at("entries")) {
    EXPECT_EQ(Bytes(entry), EntryAt(index++));
  }
}

TEST(TransparencyLogVectors, Roots) {
  std::map<uint64_t, json> by_size;
  for (const json& root : Vectors().at("roots")) {
    by_size[Number(root["size"])] = root;
  }
  const Hasher hasher;
  TreeEdge tree(hasher);
  TileEdge tiles(hasher);
  std::vector<TileEdge::Tile> filled;
  while (true) {
    if (const auto found = by_size.find(tree.size()); found != by_size.end()) {
      EXPECT_EQ(tree.Root(), Bytes(found->second["root"])) << tree.size();
      EXPECT_EQ(tiles.Root(), tree.Root()) << tree.size();
      EXPECT_EQ(crypto::Base64(tree.Root()), Text(found->second["root_b64"]));
      auto restored = TreeEdge::Restore(
          hasher, tree.size(), *TreeEdge::DecodeNodes(tree.EncodeNodes()));
      ASSERT_TRUE(restored.ok());
      EXPECT_EQ(restored->Root(), tree.Root());
      by_size.erase(found);
    }
    if (by_size.empty()) break;
    const Hash leaf = hasher.Leaf(EntryAt(tree.size()));
    tree.Append(leaf);
    tiles.Append(leaf, &filled);
  }
}

TEST(TransparencyLogVectors, Inclusion) {
  const Hasher hasher;
  std::map<uint64_t, std::unique_ptr<MemoryLog>> logs;
  for (const json& vector : Vectors().at("inclusion")) {
    const uint64_t index = Number(vector["index"]);
    const uint64_t size = Number(vector["size"]);
    const std::vector<Hash> path = Path(vector["path"]);
    EXPECT_EQ(hasher.Leaf(EntryAt(index)), Bytes(vector["leaf_hash"]));
    EXPECT_TRUE(VerifyInclusion(hasher, index, size, Bytes(vector["leaf_hash"]),
                                path, Bytes(vector["root"]))
                    .ok());
    auto& log = logs[size];
    if (log == nullptr) log = std::make_unique<MemoryLog>(size);
    const auto made = MakeInclusionProof(hasher, log->Subtrees(), index, size);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(*made, path) << index << " of " << size;
    EXPECT_EQ(*MakeRoot(hasher, log->Subtrees(), size), Bytes(vector["root"]));
  }
}

TEST(TransparencyLogVectors, InclusionInvalid) {
  for (const json& vector : Vectors().at("inclusion_invalid")) {
    EXPECT_FALSE(VerifyInclusion(Hasher(), Number(vector["index"]),
                                 Number(vector["size"]),
                                 Bytes(vector["leaf_hash"]),
                                 Path(vector["path"]), Bytes(vector["root"]))
                     .ok())
        << vector;
  }
}

TEST(TransparencyLogVectors, Consistency) {
  const Hasher hasher;
  std::map<uint64_t, std::unique_ptr<MemoryLog>> logs;
  for (const json& vector : Vectors().at("consistency")) {
    const uint64_t old_size = Number(vector["old_size"]);
    const uint64_t new_size = Number(vector["new_size"]);
    const std::vector<Hash> path = Path(vector["path"]);
    EXPECT_TRUE(VerifyConsistency(hasher, old_size, new_size, path,
                                  Bytes(vector["old_root"]),
                                  Bytes(vector["new_root"]))
                    .ok())
        << vector;
    if (old_size == 0) continue;
    auto& log = logs[new_size];
    if (log == nullptr) log = std::make_unique<MemoryLog>(new_size);
    const auto made =
        MakeConsistencyProof(hasher, log->Subtrees(), old_size, new_size);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(*made, path) << old_size << " to " << new_size;
  }
}

TEST(TransparencyLogVectors, ConsistencyInvalid) {
  for (const json& vector : Vectors().at("consistency_invalid")) {
    EXPECT_FALSE(
        VerifyConsistency(Hasher(), Number(vector["old_size"]),
                          Number(vector["new_size"]), Path(vector["path"]),
                          Bytes(vector["old_root"]), Bytes(vector["new_root"]))
            .ok())
        << vector;
  }
}

TEST(TransparencyLogVectors, IndexEncoding) {
  for (const json& vector : Vectors().at("index_encoding")) {
    EXPECT_EQ(EncodeTileIndex(Number(vector["index"])),
              Text(vector["encoded"]));
    const auto decoded = DecodeTileIndex(Text(vector["encoded"]));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, Number(vector["index"]));
  }
}

TEST(TransparencyLogVectors, TileGeometry) {
  for (const json& vector : Vectors().at("tile_geometry")) {
    const uint64_t size = Number(vector["size"]);
    const std::vector<LevelGeometry> levels = GeometryOf(size);
    ASSERT_EQ(levels.size(), vector["levels"].size()) << size;
    for (size_t i = 0; i < levels.size(); ++i) {
      const json& wanted = vector["levels"][i];
      EXPECT_EQ(static_cast<uint64_t>(levels[i].level),
                Number(wanted["level"]));
      EXPECT_EQ(levels[i].full_tiles, Number(wanted["full_tiles"]));
      EXPECT_EQ(levels[i].partial_width, Number(wanted["partial_width"]));
      EXPECT_EQ(WidthOf(levels[i].level, levels[i].full_tiles, size),
                levels[i].partial_width);
    }
  }
}

TEST(TransparencyLogVectors, Resources) {
  for (const json& vector : Vectors().at("resources")) {
    MemoryLog log(Number(vector["size"]));
    EXPECT_EQ(log.files().size(), vector["files"].size());
    for (const json& file : vector["files"]) {
      const std::string path = Text(file["path"]);
      ASSERT_TRUE(log.files().contains(path)) << path;
      const std::string& bytes = log.files()[path];
      EXPECT_EQ(bytes.size(), Number(file["length"])) << path;
      EXPECT_EQ(crypto::Sha256(bytes), Bytes(file["sha256"])) << path;
      const auto id = ParseTilePath(path);
      ASSERT_TRUE(id.ok()) << path;
      EXPECT_EQ(TilePath(*id), path);
    }
  }
}

TEST(TransparencyLogVectors, EntryBundles) {
  for (const json& vector : Vectors().at("entry_bundles")) {
    std::vector<std::string> entries;
    for (const json& entry : vector["entries"]) entries.push_back(Bytes(entry));
    const auto bundle = EncodeBundle(entries);
    ASSERT_TRUE(bundle.ok());
    EXPECT_EQ(*bundle, Bytes(vector["bundle"]));
    const auto decoded = DecodeBundle(*bundle, entries.size());
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, entries);
  }
}

TEST(TransparencyLogVectors, EntryBundlesInvalid) {
  for (const json& vector : Vectors().at("entry_bundles_invalid")) {
    EXPECT_FALSE(
        DecodeBundle(Bytes(vector["bundle"]), Number(vector["width"])).ok())
        << vector;
  }
}

TEST(TransparencyLogVectors, Keys) {
  for (const auto& [key, vector] : Vectors().at("keys").items()) {
    const NoteVerifier verifier = Verifier(vector["vkey"]);
    EXPECT_EQ(verifier.name(), Text(vector["name"]));
    EXPECT_EQ(crypto::ToHex(verifier.key_id()), Text(vector["key_id"]));
    EXPECT_EQ(static_cast<char>(verifier.type()), Bytes(vector["type"])[0]);
    EXPECT_EQ(SignerNamed(key).vkey(), Text(vector["vkey"]));
  }
}

TEST(TransparencyLogVectors, VkeysInvalid) {
  for (const json& vector : Vectors().at("vkeys_invalid")) {
    EXPECT_FALSE(NoteVerifier::Parse(Text(vector["vkey"])).ok()) << vector;
  }
}

absl::Status OpenWith(const std::string& note_bytes, const json& vkey,
                      std::string* text) {
  auto note = ParseNote(note_bytes);
  if (!note.ok()) return note.status();
  *text = note->text;
  return VerifyNote(*note, std::vector{Verifier(vkey)}).status();
}

TEST(TransparencyLogVectors, SignedNotes) {
  for (const json& vector : Vectors().at("signed_notes")) {
    std::string text;
    EXPECT_TRUE(
        OpenWith(FromB64(vector["note_b64"]), vector["verifier"], &text).ok())
        << vector;
    EXPECT_EQ(text, FromB64(vector["text_b64"]));
  }
}

TEST(TransparencyLogVectors, SignedNotesInvalid) {
  for (const json& vector : Vectors().at("signed_notes_invalid")) {
    std::string text;
    EXPECT_FALSE(
        OpenWith(FromB64(vector["note_b64"]), vector["verifier"], &text).ok())
        << vector;
  }
}

TEST(TransparencyLogVectors, Checkpoints) {
  for (const json& vector : Vectors().at("checkpoints")) {
    Checkpoint checkpoint{.origin = Text(vector["origin"]),
                          .size = Number(vector["size"]),
                          .root = Bytes(vector["root"])};
    for (const json& line : vector["extensions"]) {
      checkpoint.extensions.push_back(Text(line));
    }
    EXPECT_EQ(FormatCheckpoint(checkpoint), Text(vector["text"]));
    const auto parsed = ParseCheckpoint(Text(vector["text"]));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, checkpoint);
    const auto opened = TrustPolicy::ForLog(Verifier(vector["verifier"]))
                            .OpenCheckpoint(FromB64(vector["note_b64"]));
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, checkpoint);
    // Ed25519 is deterministic: signing again gives the same note.
    const NoteSigner log = SignerNamed("log");
    if (log.vkey() != Text(vector["verifier"])) continue;
    const std::string text = Text(vector["text"]);
    EXPECT_EQ(JoinNote(text, *log.SignLine(text, absl::UnixEpoch())),
              FromB64(vector["note_b64"]));
  }
}

TEST(TransparencyLogVectors, CheckpointsInvalidText) {
  for (const json& vector : Vectors().at("checkpoints_invalid_text")) {
    EXPECT_FALSE(ParseCheckpoint(Text(vector["text"])).ok()) << vector;
  }
}

TEST(TransparencyLogVectors, Cosignatures) {
  const json& section = Vectors().at("cosignatures");
  const std::string text = Text(section["checkpoint_text"]);
  std::vector<NoteVerifier> verifiers;
  std::string lines;
  for (const json& vector : section["cases"]) {
    const uint64_t time = Number(vector["timestamp"]);
    EXPECT_EQ(Ed25519CosignatureMessage(time, text),
              Text(vector["signed_message"]));
    const NoteSigner witness = SignerNamed(Text(vector["key"]));
    EXPECT_EQ(*witness.SignLine(text, absl::FromUnixSeconds(time)),
              Text(vector["line"]));
    const auto note = ParseNote(JoinNote(text, Text(vector["line"])));
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_EQ(note->signatures[0].CosignatureTime(),
              absl::FromUnixSeconds(time));
    const NoteVerifier verifier =
        Verifier(KeyNamed(Text(vector["key"]))["vkey"]);
    EXPECT_TRUE(VerifyNote(*note, std::vector{verifier}).ok());
  }
  for (const json& vector : section["invalid"]) {
    const auto note = ParseNote(JoinNote(text, Text(vector["line"])));
    const NoteVerifier verifier =
        Verifier(KeyNamed(Text(vector["key"]))["vkey"]);
    EXPECT_FALSE(note.ok() && VerifyNote(*note, std::vector{verifier}).ok())
        << vector;
  }
  const auto both =
      ParseNote(FromB64(section["note_with_two_cosignatures_b64"]));
  ASSERT_TRUE(both.ok());
  const std::vector<NoteVerifier> all = {
      Verifier(KeyNamed("log")["vkey"]), Verifier(KeyNamed("witness")["vkey"]),
      Verifier(KeyNamed("witness_2")["vkey"])};
  EXPECT_THAT(*VerifyNote(*both, all), testing::ElementsAre(0, 1, 2));
}

TEST(TransparencyLogVectors, WitnessAddCheckpoint) {
  const json& section = Vectors().at("witness_add_checkpoint");
  const std::string origin = Text(KeyNamed("log")["name"]);
  EXPECT_EQ(OriginHash(origin), Text(section["origin_hash"]));
  const NoteSigner witness = SignerNamed("witness");
  const WitnessTrust trust = {{origin, {Verifier(KeyNamed("log")["vkey"])}}};
  std::map<std::string, WitnessedTree> state;
  for (const json& step : section["steps"]) {
    const AddCheckpointDecision decision = DecideAddCheckpoint(
        trust, [&](const std::string& of) { return state[of]; },
        Text(step["request_body"]));
    EXPECT_EQ(decision.http_status, step["status"].get<int>())
        << step["why"] << ": " << decision.why;
    std::string body = decision.body;
    if (decision.http_status == 200) {
      state[decision.checkpoint.origin] = {.size = decision.checkpoint.size,
                                           .root = decision.checkpoint.root};
      body = *witness.SignLine(decision.checkpoint_text,
                               absl::FromUnixSeconds(Number(step["time"])));
      const auto request = ParseAddCheckpoint(Text(step["request_body"]));
      EXPECT_EQ(FormatAddCheckpoint(*request), Text(step["request_body"]));
    }
    if (step.contains("response_body")) {
      EXPECT_EQ(body, Text(step["response_body"])) << step["why"];
    }
    if (step.contains("content_type")) {
      EXPECT_EQ(decision.content_type, Text(step["content_type"]));
    }
  }
}

TrustPolicy PolicyOf(const json& vector) {
  std::string text = "log " + Text(vector["log"]) + "\n";
  if (vector.contains("witness")) {
    text += "witness w " + Text(vector["witness"]) + "\nquorum w\n";
  } else {
    text += "quorum none\n";
  }
  auto policy = TrustPolicy::Parse(text);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

TEST(TransparencyLogVectors, TlogProofs) {
  for (const json& vector : Vectors().at("tlog_proofs")) {
    const std::string text = Text(vector["proof"]);
    const auto proof = ParseTlogProof(text);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_EQ(proof->index, Number(vector["index"]));
    EXPECT_EQ(proof->extra.has_value(), vector["has_extra"].get<bool>());
    EXPECT_EQ(FormatTlogProof(*proof), text);
    const auto checkpoint =
        VerifyTlogProof(Bytes(vector["entry"]), text, PolicyOf(vector));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->size, Number(vector["size"]));
  }
}

TEST(TransparencyLogVectors, TlogProofsInvalid) {
  for (const json& vector : Vectors().at("tlog_proofs_invalid")) {
    EXPECT_FALSE(VerifyTlogProof(Bytes(vector["entry"]), Text(vector["proof"]),
                                 PolicyOf(vector))
                     .ok())
        << vector;
  }
}

TEST(TransparencyLogVectors, Sm3Profile) {
  const json& section = Vectors().at("sm3_profile");
  const Hasher hasher(TreeHash::kSm3);
  EXPECT_EQ(crypto::Sm3("abc"), Bytes(section["sm3_abc"]));
  EXPECT_EQ(hasher.EmptyRoot(), Bytes(section["empty_tree_root"]));
  EXPECT_EQ(hasher.Leaf(EntryAt(0)),
            Bytes(section["leaf_hash_of_first_entry"]));
  for (const json& vector : section["roots"]) {
    MemoryLog log(Number(vector["size"]), hasher);
    EXPECT_EQ(log.edge().Root(), Bytes(vector["root"]));
  }
  for (const json& vector : section["inclusion"]) {
    const uint64_t size = Number(vector["size"]);
    MemoryLog log(size, hasher);
    const auto made = MakeInclusionProof(hasher, log.Subtrees(hasher),
                                         Number(vector["index"]), size);
    EXPECT_EQ(*made, Path(vector["path"]));
    EXPECT_TRUE(VerifyInclusion(hasher, Number(vector["index"]), size,
                                Bytes(vector["leaf_hash"]),
                                Path(vector["path"]), Bytes(vector["root"]))
                    .ok());
  }
  for (const json& vector : section["consistency"]) {
    MemoryLog log(Number(vector["new_size"]), hasher);
    const auto made = MakeConsistencyProof(hasher, log.Subtrees(hasher),
                                           Number(vector["old_size"]),
                                           Number(vector["new_size"]));
    EXPECT_EQ(*made, Path(vector["path"]));
    EXPECT_TRUE(
        VerifyConsistency(hasher, Number(vector["old_size"]),
                          Number(vector["new_size"]), Path(vector["path"]),
                          Bytes(vector["old_root"]), Bytes(vector["new_root"]))
            .ok());
  }
}

// ML-DSA-44 is not in OpenSSL 3.0: the message and the key id are checked,
// the signature is not.
TEST(TransparencyLogVectors, MlDsa44CosignatureMessageAndKeyId) {
  if (!Vectors().contains("mldsa44_cosignature_sample")) GTEST_SKIP();
  const json& sample = Vectors()["mldsa44_cosignature_sample"];
  EXPECT_EQ(crypto::ToHex(KeyIdOf(Text(sample["cosigner_name"]),
                                  SignatureType::kMlDsa44Cosignature,
                                  Bytes(sample["public"]))),
            Text(sample["key_id"]));
  EXPECT_EQ(MlDsa44CosignatureMessage(
                Text(sample["cosigner_name"]), Number(sample["timestamp"]),
                Text(sample["origin"]), Number(sample["start"]),
                Number(sample["end"]), Bytes(sample["root"])),
            Bytes(sample["signed_message"]));
  const auto note = ParseNote("text\n\n" + Text(sample["line"]));
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(crypto::ToHex(note->signatures[0].key_id), Text(sample["key_id"]));
  EXPECT_EQ(note->signatures[0].CosignatureTime(),
            absl::FromUnixSeconds(Number(sample["timestamp"])));
  EXPECT_EQ(note->signatures[0].signature.size(), 8u + 2420u);
}

}  // namespace
}  // namespace shiming::ledger

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
