// Package delta writes and reads the tokens with which Graph's delta queries go
// on: for one folder, from one change of the mailbox.
//
// It promises that a token of another folder, and one it did not write, are
// refused, so that a client learns to begin anew (410, SyncStateNotFound).
package delta

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// MaxPage is the most changes of one answer, whatever the client prefers.
const MaxPage = 200

// ErrToken is a token that is not ours, or not of this folder.
var ErrToken = errors.New("the delta token is unknown")

// Token names the point after a revision of a folder.
func Token(folderID string, revision int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(folderID + "\n" + strconv.FormatInt(revision, 10)))
}

// Revision reads a token; the empty one is the beginning.
func Revision(folderID, token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	folder, number, _ := strings.Cut(string(text), "\n")
	if err != nil || folder != folderID {
		return 0, ErrToken
	}
	revision, err := strconv.ParseInt(number, 10, 64)
	if err != nil || revision < 0 {
		return 0, ErrToken
	}
	return revision, nil
}

// Link is the address of the request with another token, named $skiptoken within
// a round and $deltatoken after it.
func Link(r *wire.Request, option, token string) string {
	own := *r
	var kept []string
	for pair := range strings.SplitSeq(r.RawQuery, "&") {
		name, _, _ := strings.Cut(strings.ReplaceAll(pair, "%24", "$"), "=")
		if pair != "" && name != "$skiptoken" && name != "$deltatoken" {
			kept = append(kept, pair)
		}
	}
	own.RawQuery = strings.Join(kept, "&")
	return own.NextLink(option, token)
}
