package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// BenchmarkGet is one contact after the other, in-process, on one core.
func BenchmarkGet(b *testing.B) {
	w := newWorld(b, small(), sandbox.Options{})
	for b.Loop() {
		req, err := http.NewRequest("GET", host+"/v1.0"+annUser+"/contacts/AAcontact1?$select=id,categories", nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+w.token)
		res, err := w.http.Do(req)
		if err != nil || res.StatusCode != 200 {
			b.Fatal(err, res)
		}
	}
}
