package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stamp is the variable that holds version and commit.
const stamp = "github.com/riva-prep/riva-prep/pkg/cli.release"

// resolve finds a commit's full id and its time.
func resolve(ctx context.Context, commit string) (id string, at time.Time, err error) {
	out, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%H %ct", "--end-of-options", commit).Output()
	if err != nil {
		return "", at, fmt.Errorf("look up the commit %s: %w", commit, err)
	}
	id, seconds, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	return id, time.Unix(unix, 0).UTC(), err
}

// checkOut writes the files of a commit into a new folder.
func checkOut(ctx context.Context, commit, folder string) error {
	archive, err := exec.CommandContext(ctx, "git", "archive", "--format=tar", commit).Output()
	if err != nil {
		return fmt.Errorf("check out %s: %w", commit, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing is written through it that is not checked
	for files := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case h.Typeflag == tar.TypeDir:
			err = root.MkdirAll(strings.TrimSuffix(h.Name, "/"), 0o755)
		case h.Typeflag == tar.TypeReg:
			var data []byte
			if data, err = io.ReadAll(files); err == nil {
				err = root.WriteFile(h.Name, data, 0o644)
			}
		}
		if err != nil {
			return fmt.Errorf("check out %s: %w", h.Name, err)
		}
	}
}

// twice builds in both folders and compares.
func (j *job) twice(ctx context.Context, folders []string, target string) ([]byte, error) {
	var built [][]byte
	for i, folder := range folders {
		data, err := j.build(ctx, folder, target, i > 0 && !j.quick)
		if err != nil {
			return nil, err
		}
		built = append(built, data)
	}
	return built[0], same(target, built[0], built[1])
}

// same says where two builds differ.
func same(target string, a, b []byte) error {
	if bytes.Equal(a, b) {
		return nil
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return fmt.Errorf("%s: two builds of one commit differ from byte %d on (%d and %d bytes, sha256 %x and %x)",
		target, at, len(a), len(b), sha256.Sum256(a), sha256.Sum256(b))
}

func (j *job) build(ctx context.Context, folder, target string, fresh bool) ([]byte, error) {
	system, processor, _ := strings.Cut(target, "/")
	binary := filepath.Join(j.scratch, "built")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X '"+stamp+"="+j.version+" "+j.commit+"'", "-o", binary, "./cmd/riva-prep")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+processor, "GOFLAGS=", "GOWORK=off", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	if fresh {
		cmd.Env = append(cmd.Env, "GOCACHE="+filepath.Join(j.scratch, "cache"))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build for %s: %w\n%s", target, err, out)
	}
	return os.ReadFile(binary)
}
