package owner_test

import (
	"fmt"
	"os"
	"syscall"

	"dropwatch/dropmon"
	"dropwatch/internal/owner"
)

func ExampleNames_Fill() {
	names := owner.New(owner.Config{})
	defer names.Close()
	if err := names.Prime(); err != nil {
		fmt.Println(err)
		return
	}
	info, err := os.Stat("/proc/self/ns/net")
	if err != nil {
		fmt.Println(err)
		return
	}
	inode := uint32(info.Sys().(*syscall.Stat_t).Ino)
	drop := dropmon.Drop{NetNS: dropmon.NetNS{Inode: inode}, Interface: dropmon.Interface{Index: 1}}
	names.Fill(&drop)
	fmt.Println(drop.NetNS.Name != "", drop.Interface.Name)
	// Output: true lo
}
