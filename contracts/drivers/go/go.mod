module mock-ares.example/driver

go 1.19
