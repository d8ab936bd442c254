using CredRotation.Engine;
using CredRotation.Providers.Databases.MariaDb;
using CredRotation.Providers.Databases.PostgreSql;
using CredRotation.Providers.Databases.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace CredRotation.Providers;

/// <summary>Adds the providers of logins at databases and caches, which act with the account's management login.</summary>
internal static class DatabaseRegistration
{
    public static void AddDatabaseProviders(this IServiceCollection services) => services
        .AddSingleton<ICredentialProvider, PostgreSqlProvider>()
        .AddSingleton<ICredentialProvider>(new MariaDbProvider(LoginDialect.MariaDb))
        .AddSingleton<ICredentialProvider>(new MariaDbProvider(LoginDialect.MySql))
        .AddSingleton<ICredentialProvider, RedisProvider>();
}
