using CredRotation.Sandbox.Checkout;

return args switch
{
    ["checkout"] => await CheckoutApp.RunAsync(CancellationToken.None),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: CredRotation.Sandbox checkout");
    return 2;
}
