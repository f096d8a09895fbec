//go:build !linux

package ledger_test

var limitFiles func(size uint64) error
