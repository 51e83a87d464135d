//go:build ignore

// Pack writes zones.zst: every zone of Go's database as a line with its name and
// its size in bytes, and then its bytes.
package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

func main() {
	if err := pack(); err != nil {
		log.Fatal(err)
	}
}

func pack() error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return err
	}
	defer archive.Close()
	var plain bytes.Buffer
	for _, file := range archive.File {
		content, err := archive.Open(file.Name)
		if err != nil {
			return err
		}
		data, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		if len(data) == 0 { // a folder
			continue
		}
		fmt.Fprintf(&plain, "%s %d\n%s", file.Name, len(data), data)
	}
	writer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(1<<20))
	if err != nil {
		return err
	}
	return os.WriteFile("zones.zst", writer.EncodeAll(plain.Bytes(), nil), 0o644)
}
