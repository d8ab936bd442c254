return args switch
{
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: CredRotation.Sandbox checkout");
    return 2;
}
