//go:build !linux && !darwin && !windows

package durable

import "errors"

func isFull(error) bool { return false }

func isPassing(error) bool { return false }

func freeAt(string) (int64, error) { return 0, errors.ErrUnsupported }
