// verify_log checks a log's plain files with code that is not ours: tree,
// proofs and tiles by golang.org/x/mod/sumdb/tlog, signatures by its note.
// Ours here is only where the files of a C2SP log lie.
//
//	verify_log LOG_DIR VERIFIER_KEY CHECKPOINT_FILE...
//
// For each checkpoint, oldest first: the signature; every tile, under the
// signed root; every entry of every bundle, under its leaf hash; and that the
// tree extends the one before. Ends with "OK <count>" and 0, else with what is
// wrong and 1.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

type logDir string

// read gives the first `want` units of a file that may be there only in full.
func (d logDir) read(kind string, tile tlog.Tile) ([]byte, error) {
	place := func(t tlog.Tile) string {
		level := fmt.Sprintf("tile/%d/%d/", height, t.L)
		return filepath.Join(string(d), "tile", kind,
			strings.TrimPrefix(t.Path(), level))
	}
	data, err := os.ReadFile(place(tile))
	if os.IsNotExist(err) && tile.W != width {
		tile.W = width
		data, err = os.ReadFile(place(tile))
	}
	return data, err
}

func (d logDir) Height() int { return height }

func (d logDir) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := d.read(strconv.Itoa(tile.L), tile)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is too short", tile.Path())
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

func (d logDir) SaveTiles([]tlog.Tile, [][]byte) {}

// checkEntries holds every entry of the tree against its authenticated hash.
func (d logDir) checkEntries(tree tlog.Tree) error {
	hashes := tlog.TileHashReader(tree, d)
	for first := int64(0); first < tree.N; first += width {
		count := tree.N - first
		if count > width {
			count = width
		}
		bundle, err := d.read("entries", tlog.Tile{H: height, L: 0, N: first / width, W: int(count)})
		if err != nil {
			return err
		}
		var indexes []int64
		for i := int64(0); i < count; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+i))
		}
		leaves, err := hashes.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if len(bundle) < 2 {
				return fmt.Errorf("entry %d is missing", first+int64(i))
			}
			size := int(binary.BigEndian.Uint16(bundle))
			if len(bundle) < 2+size {
				return fmt.Errorf("entry %d is cut off", first+int64(i))
			}
			if tlog.RecordHash(bundle[2:2+size]) != leaf {
				return fmt.Errorf("entry %d has another hash", first+int64(i))
			}
			bundle = bundle[2+size:]
		}
	}
	return nil
}

// open gives the tree of a signed checkpoint.
func open(path string, verifier note.Verifier) (tlog.Tree, error) {
	signed, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func check(directory, key string, checkpoints []string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	files := logDir(directory)
	var last tlog.Tree
	for _, path := range checkpoints {
		tree, err := open(path, verifier)
		if err != nil {
			return fmt.Errorf("%s: %v", path, err)
		}
		if tree.N == 0 {
			// The package has another idea of the empty tree than RFC 6962.
			if tree.Hash != sha256.Sum256(nil) {
				return fmt.Errorf("%s: root of the empty tree", path)
			}
			continue
		}
		if err := files.checkEntries(tree); err != nil {
			return fmt.Errorf("%s: %v", path, err)
		}
		if last.N > 0 {
			proof, err := tlog.ProveTree(tree.N, last.N, tlog.TileHashReader(tree, files))
			if err != nil {
				return fmt.Errorf("%s: %v", path, err)
			}
			if err := tlog.CheckTree(proof, tree.N, tree.Hash, last.N, last.Hash); err != nil {
				return fmt.Errorf("%s: %v", path, err)
			}
		}
		last = tree
	}
	return nil
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: verify_log LOG_DIR VERIFIER_KEY CHECKPOINT_FILE...")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("OK", len(os.Args)-3)
}
