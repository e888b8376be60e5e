package vmtest_test

import (
	"context"
	"fmt"
	"os"

	"dropwatch/internal/vmtest"
)

func ExampleMachine_Run() {
	kernel, err := vmtest.Find("6.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := vmtest.Fetch(context.Background(), kernel, vmtest.FetchOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	m := vmtest.Machine{Kernel: kernel.Name, MiB: 256}
	status, err := m.Run(context.Background(), vmtest.Job{Args: []string{"uname", "-r"}}, os.Stdout, os.Stderr)
	fmt.Println(status, err)
}
